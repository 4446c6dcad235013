// A chat over TCP: each connection is a task, and what one says, all others are told. Here the clients are in the program
// itself; with a fixed port, `nc 127.0.0.1 PORT` is one.
//
// Run: deno run --allow-net=127.0.0.1 examples/chat.ts

import { run } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { connect, type Connection, listen } from "../lib/net/mod.ts"; // "@asyncio/toolkit/net"

const members = new Map<string, Connection>();

/** Tells all but `speaker`. */
async function tell(speaker: string, words: string): Promise<void> {
  for (const [name, connection] of members) if (name !== speaker) await connection.write(`${words}\n`);
}

/** Speaks with one client: its first line is its name. It may leave at any time. */
async function chat(connection: Connection): Promise<void> {
  const name = await connection.readLine() ?? "nobody";
  members.set(name, connection);
  try {
    await connection.write(`Welcome, ${name}\n`);
    await tell(name, `${name} has come`);
    for await (const line of connection.lines()) await tell(name, `${name}: ${line}`);
  } finally {
    members.delete(name);
  }
  await tell(name, `${name} has left`);
}

export async function main(): Promise<void> {
  await using server = listen({ hostname: "127.0.0.1", port: 0, drain: 0 }, chat);
  await using ada = await connect(server.addr);
  await ada.write("Ada\n");
  console.log(await ada.readLine());
  await using bob = await connect(server.addr);
  await bob.write("Bob\n");
  console.log(await ada.readLine(), "|", await bob.readLine());
  await ada.write("Hello, Bob!\n");
  console.log(await bob.readLine());
  await bob.closeWrite();
  console.log(await ada.readLine());
}

if (import.meta.main) await run(main);

// Output:
// Welcome, Ada
// Bob has come | Welcome, Bob
// Ada: Hello, Bob!
// Bob has left
