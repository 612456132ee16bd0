import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { systemClock } from '#platform/kernel';
import { type Invocation, printUsage } from '../verb.ts';
import { type Converted, fromLiteLlm } from './convert.ts';

const USAGE = `Usage: plinth import litellm CONFIG.YAML [FOLDER]

Writes ai-upstreams.json and ai-config.json into the folder (here, when not said). See docs/moving.md.
`;

/** `import litellm FILE`: the settings of a LiteLLM proxy as ours. Ends with 1 where something has no counterpart. */
export async function importLiteLlm({ words }: Pick<Invocation, 'words'>): Promise<number> {
  const [, file, folder = '.', more] = words;
  if (file === undefined || more !== undefined || file.startsWith('-')) return printUsage(more, USAGE);
  if (!existsSync(file)) return refuse(`There is no file ${file}.`);
  let converted: Converted;
  try {
    converted = fromLiteLlm(
      parse(readFileSync(file, 'utf8'), { merge: true }),
      process.env,
      new Date(systemClock.now()).toISOString().slice(0, 10),
    );
  } catch (error) {
    if (error instanceof YAMLParseError) return refuse(`${file} is not valid YAML: ${error.message}`);
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { upstreams, config, notes } = converted;
  mkdirSync(folder, { recursive: true });
  const paths = {
    AI_UPSTREAMS: join(folder, 'ai-upstreams.json'),
    AI_CONFIG: join(folder, 'ai-config.json'),
  };
  write(paths.AI_UPSTREAMS, upstreams);
  write(paths.AI_CONFIG, config);
  for (const [setting, path] of Object.entries(paths)) process.stdout.write(`${setting}=${path}\n`);
  for (const note of notes) process.stderr.write(`${note}\n`);
  return notes.length === 0 ? 0 : 1;
}

/** Keys are in it: a file that was there before, and that others may read, is replaced. */
function write(path: string, value: unknown): void {
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function refuse(says: string): number {
  process.stderr.write(`${says}\n`);
  return 2;
}
