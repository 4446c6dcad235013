// How the current scope is kept, on runtimes that differ. Each test starts a process, some 100 ms.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../program.ts";

const FORGETFUL = new URL("forgetful_runtime.ts", import.meta.url).href;

/** A timeout around code that waits for a promise first: without the scope it would sleep for a minute. */
const PROGRAM = `
async function slow() {
  await Promise.resolve();
  await sleep(60_000);
}
const late = await timeout(5, slow).catch((error) => error.name);
const inTask = await createTask(async () => (await Promise.resolve(), currentTask()?.name), { name: "mine" });
console.log(late, inTask, currentTask());
`;
const NAMES = "createTask, currentTask, sleep, timeout";
const RIGHT = "TimeoutError mine undefined";

Deno.test("the scope follows code that begins in the very turn of the import", async () => {
  const { code, stdout, stderr } = await runProgram(NAMES, PROGRAM);
  assertEquals([code, stdout, stderr], [0, RIGHT, ""]);
});

Deno.test("the scope follows code that begins when the way to keep it has been proven", async () => {
  const { code, stdout, stderr } = await runProgram(
    NAMES,
    `await new Promise((next) => setImmediate(next));\n${PROGRAM}`,
  );
  assertEquals([code, stdout, stderr], [0, RIGHT, ""]);
});

Deno.test("on a runtime that loses the context over an await, the documented way serves", async () => {
  for (const wait of ["", "await new Promise((next) => setImmediate(next));"]) {
    const { code, stdout, stderr } = await runProgram(NAMES, wait + PROGRAM, { first: FORGETFUL });
    assertEquals([code, stdout, stderr], [0, RIGHT, ""]);
  }
});

Deno.test("a runtime that loses the context over a turn of the loop is told of, and the documented way serves", async () => {
  const { code, stdout, stderr } = await runProgram(
    NAMES,
    `
    const turn = () => new Promise((next) => setImmediate(next));
    await turn();
    createTask(() => {});
    await turn();
    const inTask = await createTask(async () => (await turn(), await turn(), currentTask()?.name), { name: "mine" });
    console.log(await timeout(5, async () => (await turn(), await turn(), sleep(60_000))).catch((error) => error.name), inTask);
    `,
    { first: `${FORGETFUL}?turns` },
  );
  assertEquals([code, stdout], [0, "TimeoutError mine"]);
  assertStringIncludes(stderr, "ASYNCIO_CONTEXT=stored");
});

Deno.test("a runtime whose storages lose the context is told of when there is one, and the documented way serves", async () => {
  const { code, stdout, stderr } = await runProgram(
    NAMES,
    `
    import { AsyncLocalStorage } from "node:async_hooks";
    const storage = new AsyncLocalStorage();
    await storage.run(1, () => createTask(() => {}));
    await new Promise((next) => setTimeout(next));
    await storage.run(1, async () => {${PROGRAM}});
    `,
    { first: `${FORGETFUL}?storages` },
  );
  assertEquals([code, stdout], [0, RIGHT]);
  assertStringIncludes(stderr, "ASYNCIO_CONTEXT=stored");
});

Deno.test("ASYNCIO_CONTEXT=stored has the documented way serve from the start", async () => {
  const context = new URL("../../lib/core/context.ts", import.meta.url).href;
  const program = `import { createContext } from "${context}";\nconsole.log(createContext().constructor.name);`;
  const print = async (value: string) => (await runProgram("", program, { env: { ASYNCIO_CONTEXT: value } })).stdout;
  assertEquals(await print("stored"), "StoredContext");
  assertEquals(await print(""), "ProvenContext");
});
