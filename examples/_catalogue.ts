// The small programs, for `asyncio run` and `asyncio list`.

import { later, type Program } from "../lib/cli/words/command.ts";

/** The programs, in the order in which one learns. Each import is spelled out, so that an installed command has them all. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "blocking_vs_concurrent",
    summary: "Three fetches, blocking and concurrent",
    load: () => later<typeof import("./blocking_vs_concurrent.ts")>(import.meta.resolve("./blocking_vs_concurrent.ts")),
  },
  {
    name: "event_loop",
    summary: "Who runs while a function waits",
    load: () => later<typeof import("./event_loop.ts")>(import.meta.resolve("./event_loop.ts")),
  },
  {
    name: "async_await",
    summary: "What async makes and what await pauses",
    load: () => later<typeof import("./async_await.ts")>(import.meta.resolve("./async_await.ts")),
  },
  {
    name: "creating_tasks",
    summary: "Tasks that run side by side, and one that is cancelled",
    load: () => later<typeof import("./creating_tasks.ts")>(import.meta.resolve("./creating_tasks.ts")),
  },
  {
    name: "gather_vs_await",
    summary: "One by one, or many together",
    load: () => later<typeof import("./gather_vs_await.ts")>(import.meta.resolve("./gather_vs_await.ts")),
  },
  {
    name: "blocking_code",
    summary: "Blocking code on another core",
    load: () => later<typeof import("./blocking_code.ts")>(import.meta.resolve("./blocking_code.ts")),
  },
  {
    name: "exceptions",
    summary: "Errors that are caught, thrown on, or made results",
    load: () => later<typeof import("./exceptions.ts")>(import.meta.resolve("./exceptions.ts")),
  },
  {
    name: "web_requests",
    summary: "Three web requests at once",
    load: () => later<typeof import("./web_requests.ts")>(import.meta.resolve("./web_requests.ts")),
  },
  {
    name: "producer_consumer",
    summary: "A pipeline that takes in no more than it can do",
    load: () => later<typeof import("./producer_consumer.ts")>(import.meta.resolve("./producer_consumer.ts")),
  },
  {
    name: "choose_what_comes_first",
    summary: "Wait for several things, and take exactly one",
    load: () =>
      later<typeof import("./choose_what_comes_first.ts")>(import.meta.resolve("./choose_what_comes_first.ts")),
  },
  {
    name: "rate_limited_crawler",
    summary: "A crawler that is polite",
    load: () => later<typeof import("./rate_limited_crawler.ts")>(import.meta.resolve("./rate_limited_crawler.ts")),
  },
  {
    name: "crawler",
    summary: "A crawler with a rate, patience, and a turn for each host",
    load: () => later<typeof import("./crawler.ts")>(import.meta.resolve("./crawler.ts")),
  },
  {
    name: "split_work",
    summary: "Work on an image, split over the cores",
    load: () => later<typeof import("./split_work.ts")>(import.meta.resolve("./split_work.ts")),
  },
  {
    name: "first_answer",
    summary: "A search on all cores, stopped by the first answer",
    load: () => later<typeof import("./first_answer.ts")>(import.meta.resolve("./first_answer.ts")),
  },
  {
    name: "streaming_parser",
    summary: "A generator in a worker, read as it goes",
    load: () => later<typeof import("./streaming_parser.ts")>(import.meta.resolve("./streaming_parser.ts")),
  },
  {
    name: "sandboxed_call",
    summary: "Code that is not trusted, in a process that may do nothing",
    load: () => later<typeof import("./sandboxed_call.ts")>(import.meta.resolve("./sandboxed_call.ts")),
  },
  {
    name: "supervised",
    summary: "A daemon: what breaks is started again, and takes nothing along",
    load: () => later<typeof import("./supervised.ts")>(import.meta.resolve("./supervised.ts")),
  },
  {
    name: "running_programs",
    summary: "Other programs: their lines, a pipeline, and an end for those that take too long",
    load: () => later<typeof import("./running_programs.ts")>(import.meta.resolve("./running_programs.ts")),
  },
  {
    name: "serve",
    summary: "A server whose requests end with their clients, or are answered before it goes",
    load: () => later<typeof import("./serve.ts")>(import.meta.resolve("./serve.ts")),
  },
  {
    name: "chat",
    summary: "A chat over TCP, in which each connection is a task",
    load: () => later<typeof import("./chat.ts")>(import.meta.resolve("./chat.ts")),
  },
  {
    name: "drain",
    summary: "Work that is finished although a signal has come",
    load: () => later<typeof import("./drain.ts")>(import.meta.resolve("./drain.ts")),
  },
];
