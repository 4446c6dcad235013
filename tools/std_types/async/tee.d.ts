// Without this line every type here would be exported.
export {};

type Branches<T, N extends number, Sofar extends T[] = []> = number extends N ? T[]
  : Sofar["length"] extends N ? Sofar
  : Branches<T, N, [...Sofar, T]>;

/** Branch one async iterable into several, each of which sees every value. */
export function tee<T, N extends number = 2>(iterable: AsyncIterable<T>, n?: N): Branches<AsyncIterable<T>, N>;
