/** Options of {@linkcode format}. */
export interface FormatOptions {
  /** `1h`, `01:00` or `1 hour`. */
  style?: "narrow" | "digital" | "full";
  /** Whether units of which there are none are left out. */
  ignoreZero?: boolean;
}

/** Write milliseconds as a duration for people. */
export function format(ms: number, options?: FormatOptions): string;
