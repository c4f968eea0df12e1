/**
 * What every benchmark does with its command line: options that are numbers, flags and lists, `--help`, and clear words
 * about what it can't read.
 */
import { parseArgs } from 'node:util';

interface NumberOption {
  readonly help: string;
  readonly default: number;
  /** The least that makes sense. Default 1. */
  readonly least?: number;
}
interface TextOption {
  readonly help: string;
  readonly value: string;
}
interface Flag {
  readonly help: string;
}
type Option = NumberOption | TextOption | Flag;

type ValueOf<O extends Option> = O extends NumberOption ? number : O extends TextOption ? string | undefined : boolean;

/** Options that every benchmark has. */
export const JSON_FILE: TextOption = { help: 'write everything that was found to a file', value: 'FILE' };

/**
 * Reads the command line by `options`; ends the process with the usage for `--help`, and with status 2 and a reason for
 * what it can't read.
 *
 * @param question What the benchmark answers, in a sentence.
 */
export function readCommandLine<Options extends Readonly<Record<string, Option>>>(
  command: string,
  question: string,
  options: Options,
): { readonly [Name in keyof Options]: ValueOf<Options[Name]> } {
  const names = Object.keys(options);
  const config = Object.fromEntries([
    ...names.map((name): [string, { type: 'boolean' | 'string' }] => [
      name,
      { type: isFlag(options[name]) ? 'boolean' : 'string' },
    ]),
    ['help', { type: 'boolean' as const }],
  ]);
  try {
    const { values } = parseArgs({ options: config });
    if (values['help'] === true) end(0, usage(command, question, options));
    return Object.fromEntries(names.map((name) => [name, valueOf(name, options[name] as Option, values[name])])) as {
      [Name in keyof Options]: ValueOf<Options[Name]>;
    };
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    end(2, `${reason}\n\n${usage(command, question, options)}`);
  }
}

function valueOf(name: string, option: Option, given: unknown): number | string | boolean | undefined {
  if (isFlag(option)) return given === true;
  if (!('default' in option)) return given as string | undefined;
  if (given === undefined) return option.default;
  const least = option.least ?? 1;
  // `parseArgs` gives what is not a flag as text.
  const text = given as string;
  const number = Number(text);
  if (text === '' || !Number.isInteger(number) || number < least) {
    throw new RangeError(`--${name} is a whole number from ${least}; got "${text}".`);
  }
  return number;
}

function isFlag(option: Option | undefined): boolean {
  return option !== undefined && !('default' in option) && !('value' in option);
}

function usage(command: string, question: string, options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, option]): [string, string] => {
    if ('default' in option) return [`--${name} N`, `${option.help} (${option.default})`];
    return ['value' in option ? `--${name} ${option.value}` : `--${name}`, option.help];
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `${question}\n`,
    `    ${command} [options]\n`,
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n');
}

function end(status: number, text: string): never {
  (status === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(status);
}
