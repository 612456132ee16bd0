import { readFile } from 'node:fs/promises';
import { type AiCheck, checkAi } from '#app';
import { aiSettingsOf } from '#platform/ai';
import { type Config, ConfigError, settingNames, settingText } from '#platform/config';
import { aiRows } from '#platform/diagnosis';
import { describeProblem, plansFileOf, readPlans, readPlansFile } from '#platform/plans';
import { codeOf } from './operator-error.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `  plinth config               show the settings in effect, secrets hidden
  plinth config check         look for faults in AI_CONFIG, AI_UPSTREAMS and the plans file, without a start or a call
  plinth config check <file>  the same with a file in the place of AI_CONFIG
`;

/** Shows the settings in effect, secrets hidden, or looks for faults in those of the gateway. */
export const showConfig: Verb = async ({ config, words }) => {
  const [what, file, ...rest] = words;
  if (what === 'check' && rest.length === 0) return check(config, file);
  if (what !== undefined) return printUsage(what === 'check' ? rest[0] : what, USAGE);
  const names = settingNames();
  const widest = Math.max(...names.map((name) => name.length));
  for (const name of names)
    process.stdout.write(`${name.padEnd(widest)}  ${settingText(config.values, name)}\n`);
  process.stdout.write('\nAI\n');
  for (const { name, value } of aiRows(aiSettingsOf(config)))
    process.stdout.write(`${name.padEnd(24)}  ${value}\n`);
  return 0;
};

async function check(config: Config, file: string | undefined): Promise<number> {
  try {
    const found = await checkAi(config, file === undefined ? undefined : await readFile(file, 'utf8'));
    const { problems, settings } = found;
    if (problems.length > 0) throw new ConfigError(problems);
    for (const says of guessesOf(found)) process.stdout.write(`      ${says}\n`);
    process.stdout.write(`ok    prices ${settings.prices.version}\n`);
    return file === undefined ? await checkPlans(config) : 0;
  } catch (error) {
    const unread = `The file can not be read (${codeOf(error)}).`;
    for (const says of error instanceof ConfigError ? error.problems : [unread])
      process.stdout.write(`FAIL  ${says}\n`);
    return 1;
  }
}

/** Looks for mistakes in the plans file, where there is one. Throws ConfigError with all of them. */
async function checkPlans(config: Config): Promise<number> {
  const document = await readPlansFile(plansFileOf(config));
  if (document === undefined) return 0;
  const { products } = await import('#products');
  const { catalogues, problems } = readPlans(
    document,
    products.map(({ key }) => key),
  );
  if (problems.length > 0) throw new ConfigError(problems.map(describeProblem));
  process.stdout.write(`ok    plans of ${catalogues.map(({ product }) => product).join(', ')}\n`);
  return 0;
}

/** A booking at the default price is a guess at the operator's cost: it works, and is said. */
export function guessesOf({ unpriced, settings }: Pick<AiCheck, 'settings' | 'unpriced'>): string[] {
  if (unpriced.length === 0) return [];
  const { input, output } = settings.prices.default;
  return [
    `WARNING: no price of ${unpriced.join(', ')}: booked at $${input / 1_000_000} and $${output / 1_000_000} a million tokens. Write them into AI_CONFIG (docs/gateway.md)`,
  ];
}
