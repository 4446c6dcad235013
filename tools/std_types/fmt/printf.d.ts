/** Fill a template in the manner of C. */
export function sprintf(format: string, ...args: unknown[]): string;

/** Fill a template, and write it to standard output. */
export function printf(format: string, ...args: unknown[]): void;
