/** The index of the first occurrence of `needle` in `source` from `start` on, or -1. */
export declare function indexOfNeedle(source: Uint8Array, needle: Uint8Array, start?: number): number;
