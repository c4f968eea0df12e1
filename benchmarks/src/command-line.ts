/**
 * Parses the command line of every benchmark: numbers, flags, lists and `--help`, with clear errors.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

interface NumberOption {
  readonly help: string;
  readonly default: number;
  /** The lowest valid value. Default 1. */
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

/** Writes what was found, with the version of Node.js, to the {@link JSON_FILE} if one is asked for. */
export async function writeJson(file: string | undefined, found: object): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify({ node: process.version, ...found }, null, 2)}\n`);
}

/**
 * Parses the command line. Ends the process for `--help` with the usage, and for an invalid option with a reason and
 * exit code 2.
 *
 * @param question the question that the benchmark answers, in one sentence
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
  // `parseArgs` returns options that are not flags as strings.
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
