/** Options of {@linkcode format}. */
export interface FormatOptions {
  /** Bits instead of bytes. */
  bits?: boolean;
  /** Powers of 1024 instead of 1000. */
  binary?: boolean;
  /** A plus sign before positive numbers. */
  signed?: boolean;
  /** Whose way to write numbers; `true` for the system's. */
  locale?: boolean | string | string[];
  /** The fewest digits after the point. */
  minimumFractionDigits?: number;
  /** The most digits after the point. */
  maximumFractionDigits?: number;
}

/** Write a number of bytes for people: 1337 as `1.34 kB`. */
export function format(num: number, options?: FormatOptions): string;
