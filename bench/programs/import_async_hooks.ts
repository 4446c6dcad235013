// What carries the context of a task, where the runtime offers nothing faster.
import "node:async_hooks";
