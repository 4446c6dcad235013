/** A record of which every value may be a promise. */
export type PromiseRecord<T extends Record<PropertyKey, unknown>> = { [Key in keyof T]: T[Key] | PromiseLike<T[Key]> };

/** A record of outcomes. */
export type SettledRecord<T extends Record<PropertyKey, unknown>> = { [Key in keyof T]: PromiseSettledResult<T[Key]> };

/** `Promise.all` for a record: same keys, resolved values. */
export function allKeyed<T extends Record<PropertyKey, unknown>>(record: PromiseRecord<T>): Promise<T>;

/** `Promise.allSettled` for a record: same keys, outcomes. */
export function allSettledKeyed<T extends Record<PropertyKey, unknown>>(
  record: PromiseRecord<T>,
): Promise<SettledRecord<T>>;
