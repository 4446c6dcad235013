// The small programs, for `asyncio run` and `asyncio list`.

import type { Program } from "../lib/cli/words/command.ts";

/** The programs, in the order in which one learns. Each import is spelled out, so that a published package has them all. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "blocking_vs_concurrent",
    summary: "Three fetches, blocking and concurrent",
    load: () => import("./blocking_vs_concurrent.ts"),
  },
  {
    name: "event_loop",
    summary: "Who runs while a function waits",
    load: () => import("./event_loop.ts"),
  },
  {
    name: "async_await",
    summary: "What async makes and what await pauses",
    load: () => import("./async_await.ts"),
  },
  {
    name: "creating_tasks",
    summary: "Tasks that run side by side, and one that is cancelled",
    load: () => import("./creating_tasks.ts"),
  },
  {
    name: "gather_vs_await",
    summary: "One by one, or many together",
    load: () => import("./gather_vs_await.ts"),
  },
  {
    name: "blocking_code",
    summary: "Blocking code on another core",
    load: () => import("./blocking_code.ts"),
  },
  {
    name: "exceptions",
    summary: "Errors that are caught, thrown on, or made results",
    load: () => import("./exceptions.ts"),
  },
  {
    name: "web_requests",
    summary: "Three web requests at once",
    load: () => import("./web_requests.ts"),
  },
  {
    name: "producer_consumer",
    summary: "A pipeline that takes in no more than it can do",
    load: () => import("./producer_consumer.ts"),
  },
  {
    name: "rate_limited_crawler",
    summary: "A crawler that is polite",
    load: () => import("./rate_limited_crawler.ts"),
  },
  {
    name: "split_work",
    summary: "Work on an image, split over the cores",
    load: () => import("./split_work.ts"),
  },
  {
    name: "first_answer",
    summary: "A search on all cores, stopped by the first answer",
    load: () => import("./first_answer.ts"),
  },
  {
    name: "streaming_parser",
    summary: "A generator in a worker, read as it goes",
    load: () => import("./streaming_parser.ts"),
  },
  {
    name: "sandboxed_call",
    summary: "Code that is not trusted, in a process that may do nothing",
    load: () => import("./sandboxed_call.ts"),
  },
];
