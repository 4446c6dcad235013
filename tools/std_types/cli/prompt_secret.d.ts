/** Options of {@linkcode promptSecret}. */
export type PromptSecretOptions = {
  /** What stands for each character. */
  mask?: string;
  /** Whether the line is removed afterwards. */
  clear?: boolean;
};

/** Ask for a text without showing it; `null` where there is no terminal. */
export function promptSecret(message?: string, options?: PromptSecretOptions): string | null;
