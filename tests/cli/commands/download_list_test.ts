import { assertEquals, assertThrows } from "@std/assert";
import { readHeaders, readList } from "../../../lib/cli/commands/download_list.ts";
import { bytes } from "../../../lib/cli/words/values.ts";
import { UsageError } from "../../../lib/cli/words/usage_error.ts";

const PLAIN = { headers: [], mirrors: [] };

Deno.test("readList() reads a URL a line, and passes over comments and empty lines", () => {
  const list = "\n# it's a comment\nhttp://h/a\r\n   http://h/b   \n";
  assertEquals(readList(list, "list"), [{ url: "http://h/a", ...PLAIN }, { url: "http://h/b", ...PLAIN }]);
});

Deno.test("readList() reads the options of a line, before or after the URL", () => {
  const sum = `md5:${"0".repeat(32)}`;
  const line = `--checksum=${sum} http://h/a?b=c#d -o "my file" -H 'A: "b"' --header "C: d" --mirror http://i/a`;
  assertEquals(readList(line, "list"), [{
    url: "http://h/a?b=c#d",
    name: "my file",
    checksum: sum,
    headers: [["A", '"b"'], ["C", "d"]],
    mirrors: ["http://i/a"],
  }]);
});

Deno.test("readList() says which line it cannot read", () => {
  for (
    const [line, message] of [
      ["http://h/a http://h/b", "one URL"],
      ["--checksum md5:00", "one URL"],
      ["http://h/a --chekcsum md5:00", "no option --chekcsum"],
      ["http://h/a -o 'open", "quotation mark"],
      ["http://h/a -H nonsense", "a name and a value"],
      ["http://h/a --checksum md5:00", 'like sha256:HEX or sha256-BASE64: current value is "md5:00"'],
    ] as const
  ) {
    assertThrows(() => readList(`\n${line}`, "my.list"), UsageError, message);
    assertThrows(() => readList(`\n${line}`, "my.list"), UsageError, "my.list, line 2");
  }
});

Deno.test("readList() takes quotation marks for what they are, but at the ends of a word", () => {
  const urls = ["http://h/it's.jpg", "http://h/'quoted'.jpg", 'http://h/6"x4".jpg', "http://h/a'b c'd".split(" ")[0]!];
  assertEquals(readList(urls.join("\n"), "list"), urls.map((url) => ({ url, ...PLAIN })));
  const outputs = { '"it\'s.jpg"': "it's.jpg", "'6\" x 4\"'": '6" x 4"', "'a' ": "a", "a'b": "a'b" };
  for (const [written, name] of Object.entries(outputs)) {
    assertEquals(readList(`http://h/a -o ${written}`, "list"), [{ url: "http://h/a", name, ...PLAIN }], written);
    assertEquals(readList(`http://h/a --output=${written}`, "list"), [{ url: "http://h/a", name, ...PLAIN }], written);
  }
});

Deno.test("readHeaders() takes what stands before the first colon for the name", () => {
  assertEquals(readHeaders(["A: b", "C:d:e ", "E:"]), [["A", "b"], ["C", "d:e"], ["E", ""]]);
});

Deno.test("bytes reads numbers with letters behind them", () => {
  const cases = { "1": 1, "500k": 512_000, "20M": 20_971_520, "1.5G": 1_610_612_736, "1KiB": 1024, "2mb": 2_097_152 };
  for (const [text, count] of Object.entries(cases)) assertEquals(bytes.parse(text), count);
  for (const text of ["", "0", "-1", "1x", "k", "1e3", "9999999999T"]) assertEquals(bytes.parse(text), undefined, text);
});
