import { assertEquals } from "@std/assert";
import { fileNameIn } from "../../../lib/download/http/content_disposition.ts";

Deno.test("fileNameIn() finds the name in what servers send", () => {
  const cases: [string | null, string | undefined][] = [
    [null, undefined],
    ["", undefined],
    ["attachment", undefined],
    ["inline; filename=a.txt", "a.txt"],
    ['attachment; filename="a b.txt"', "a b.txt"],
    ['attachment;filename="a;b=c.txt";size=3', "a;b=c.txt"],
    ['attachment; filename="a \\"b\\".txt"', 'a "b".txt'],
    ["ATTACHMENT; FILENAME=A.TXT", "A.TXT"],
    ["attachment; filename = a.txt", "a.txt"],
    ["filename=a.txt", "a.txt"],
    ["attachment; filename=a.txt; filename=b.txt", "a.txt"],
    ['attachment; filename=""', undefined],
    ["attachment; xfilename=a.txt", undefined],
    ["attachment; filename=../a.txt", "../a.txt"],
    ["attachment; filename=my report 2024.pdf", "my report 2024.pdf"],
    ["attachment; filename=my report.pdf ; size=3", "my report.pdf"],
    ["attachment; filename='a b.pdf'", "a b.pdf"],
    ["attachment; filename=it's.pdf", "it's.pdf"],
    ['attachment; filename="a b.pdf', "a b.pdf"],
    [String.raw`attachment; filename="C:\Users\bob\a.pdf"`, String.raw`C:\Users\bob\a.pdf`],
    [String.raw`attachment; filename="C:\\Users\\a.pdf"`, String.raw`C:\Users\a.pdf`],
    ['attachment; filename="C:\\Users\\"; size=3', "C:\\Users\\"],
  ];
  for (const [header, name] of cases) assertEquals(fileNameIn(header), name, String(header));
});

Deno.test("fileNameIn() takes filename* before filename, wherever it stands, if it can be read", () => {
  const cases: [string, string | undefined][] = [
    ["attachment; filename=b.txt; filename*=UTF-8''%E2%82%AC.txt", "€.txt"],
    ["attachment; filename*=utf-8'en'%e2%82%ac.txt; filename=b.txt", "€.txt"],
    ["attachment; filename*=ISO-8859-1''%A3.txt", "£.txt"],
    ["attachment; filename*=UTF-8''%FF; filename=b.txt", "b.txt"],
    ["attachment; filename*=UTF-8''%2; filename=b.txt", "b.txt"],
    ["attachment; filename*=KOI8-R''%C1; filename=b.txt", "b.txt"],
    ["attachment; filename*=broken; filename=b.txt", "b.txt"],
    ["attachment; filename*=UTF-8''%FF", undefined],
  ];
  for (const [header, name] of cases) assertEquals(fileNameIn(header), name, header);
});

Deno.test("fileNameIn() repairs UTF-8 that arrived byte by byte, and leaves Latin-1 alone", () => {
  const bytes = String.fromCharCode(...new TextEncoder().encode("naïve 文.txt"));
  assertEquals(fileNameIn(`attachment; filename="${bytes}"`), "naïve 文.txt");
  assertEquals(fileNameIn('attachment; filename="na\xefve.txt"'), "naïve.txt");
});
