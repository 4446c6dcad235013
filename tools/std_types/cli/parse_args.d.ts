// The result of `parseArgs` is worked out in three steps: the type of each named flag, then its default, then its
// aliases. Dotted names (`server.port`) become nested objects at the very end.

// Without this line every type here would be exported.
export {};

type AnyNames = string | readonly string[];
type Defaults = Record<string, unknown>;
type Aliases = Record<string, string | readonly string[]>;
type Empty = Record<never, never>;
// deno-lint-ignore no-explicit-any
type Untyped = Record<string, any>;

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions<
  TBooleans extends boolean | string | undefined = boolean | string | undefined,
  TStrings extends string | undefined = string | undefined,
  TCollectable extends string | undefined = string | undefined,
  TNegatable extends string | undefined = string | undefined,
  TDefault extends Defaults | undefined = Defaults | undefined,
  TAliases extends Partial<Aliases> | undefined = Partial<Aliases> | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Whether what follows `--` is kept apart, under that name. */
  "--"?: TDoubleDash;
  /** Other names of a flag. */
  alias?: TAliases;
  /** Flags that take no value; `true` for all that are written with two dashes. */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /** What a flag is when it is not given. */
  default?: TDefault;
  /** Whether everything after the first word that is no flag is left alone. */
  stopEarly?: boolean;
  /** Flags whose value stays a text. */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /** Flags that may be given several times; their values make a list. */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /** Flags that `--no-` turns off. */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /** Called with each argument that no option names; `false` leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What {@linkcode parseArgs} returns. */
export type Args<
  TArgs extends Record<string, unknown> = Untyped,
  TDoubleDash extends boolean | undefined = undefined,
> = Flat<TArgs & { _: Array<string | number> } & AfterDashes<TDoubleDash>>;

/** Sort command line arguments into flags and the rest. */
export function parseArgs<
  const Booleans extends boolean | AnyNames = never,
  const Strings extends AnyNames = never,
  const Collected extends AnyNames = never,
  const Negatable extends AnyNames = never,
  Default extends Defaults = Empty,
  const Alias extends Aliases = Empty,
  DoubleDash extends boolean | undefined = undefined,
>(
  args: string[],
  options?: Omit<ParseOptions, "--" | "alias" | "boolean" | "collect" | "default" | "negatable" | "string"> & {
    "--"?: DoubleDash;
    alias?: Alias;
    boolean?: Booleans;
    collect?: Collected;
    default?: Default;
    negatable?: Negatable;
    string?: Strings;
  },
): Parsed<
  Names<Booleans>,
  Names<Strings>,
  Names<Collected>,
  Names<Negatable>,
  Default,
  Alias,
  DoubleDash
>;

/** The names in an option that takes one or a list. `false` names nothing, and `true` none in particular. */
type Names<T> = T extends readonly (infer Name extends string)[] ? Name : Extract<T, string>;

type Parsed<
  B extends string,
  S extends string,
  C extends string,
  N extends string,
  D,
  A extends Aliases,
  Dashes extends boolean | undefined,
> = [B | S | C] extends [never] ? Args<Untyped, Dashes>
  :
    & Flat<Nested<WithAliases<WithDefaults<Flags<B, S, C, N>, D>, A>> & { _: Array<string | number> }>
    & AfterDashes<Dashes>
    & { [name: string]: unknown };

/** Each flag's type before defaults: only a text may be missing. */
type Flags<B extends string, S extends string, C extends string, N extends string> =
  & { [Name in Exclude<B, C>]: boolean }
  & { [Name in Exclude<S, C | B>]?: Name extends N ? string | false : string }
  & { [Name in Extract<B, C>]: boolean[] }
  & { [Name in Exclude<Extract<S, C>, B>]: Name extends N ? string[] | false : string[] }
  & { [Name in Exclude<C, B | S>]: Name extends N ? unknown[] | false : unknown[] };

/** A flag with a default is never missing, and may have the default's type; a default alone tells nothing. */
type WithDefaults<F, D> =
  & Omit<F, keyof D>
  & { [Name in keyof D]: Name extends keyof F ? NonNullable<F[Name]> | D[Name] : unknown };

type WithAliases<F, A extends Aliases> =
  & F
  & { [Name in keyof F as Name extends keyof A ? Extract<Names<A[Name]>, string> : never]: F[Name] };

/** `{ "a.b": T }` as `{ a: { b: T } }`. */
type Nested<F> =
  & { [Name in keyof F as Name extends `${string}.${string}` ? never : Name]: F[Name] }
  & Intersected<
    {
      [Name in keyof F]-?: Name extends `${infer Head}.${infer Tail}`
        ? { [_ in Head]: Nested<{ [_ in Tail]: F[Name] }> }
        : Empty;
    }[
      keyof F
    ]
  >;

type Intersected<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

type AfterDashes<Dashes> = true extends Dashes ? { "--": string[] } : Empty;

type Flat<T> = { [Name in keyof T]: T[Name] };
