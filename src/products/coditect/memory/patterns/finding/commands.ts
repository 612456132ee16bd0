import { isTool } from '../kinds.ts';
import { copyOf, type Line, linesOf } from '../../lines.ts';

/** A command that a text names. */
export interface Command {
  /** What it does, without what differs from call to call: `git commit`, `npm run build`. */
  readonly step: string;
  /** Undefined of a command of the shell. */
  readonly tool: string | undefined;
  readonly span: readonly [number, number];
  readonly written: string;
}

/** Commands of the shell that end an error. They are no steps of a workflow. */
const OF_SHELL = new Set('chmod chown cp export kill killall ln mkdir mv pkill rm sudo touch'.split(' '));
/** What goes before the command that is meant. */
const PREFIX =
  /^(?:sudo|time|npx|bunx|(?:poetry|uv|pipenv) run|(?:bundle|pnpm|npm|yarn) exec|[A-Z_]+=\S*)\s+/;
const ALIASES: Readonly<Record<string, string>> = {
  'docker-compose': 'docker compose',
  python3: 'python',
  pip3: 'pip',
  './gradlew': 'gradle',
  './mvnw': 'mvn',
};
/** Tools whose words say with what they work, and not what they do. */
const WITHOUT_VERB = new Set(
  'curl eslint ffmpeg jest mysql nginx pip-audit prettier psql pytest redis-cli sqlite3 tsc webpack xcodebuild'.split(
    ' ',
  ),
);
/** Verbs that the next word is a part of. */
const WITH_NOUN = new Set(
  'npm run,pnpm run,yarn run,bun run,docker compose,docker image,kubectl rollout,kubectl create,python manage.py,gh pr,gh run,aws s3,aws ecr,gcloud run'.split(
    ',',
  ),
);
/** Steps that look and change nothing. */
const LOOKS =
  /^(?:git (?:status|diff|log|show|branch|blame|remote)|kubectl (?:get|describe|logs|top)|docker (?:ps|logs|images)|docker compose (?:ps|logs)|adb (?:devices|logcat)|helm (?:list|status)|npm (?:ls|outdated)|terraform (?:show|output)|systemctl status|gh (?:pr|run) (?:view|list))$/;
export const isLook = ({ step }: Command): boolean => LOOKS.test(step);

/** Commands that say whether something is right, and mend nothing. */
export const isCheck = ({ tool }: Command): boolean => tool !== undefined && WITHOUT_VERB.has(tool);

const PROMPT = /^\s*\S{0,40}[$%>]\s+(?=\S)/;
const PROMPT_IN_PROSE = /^\s*\S{0,40}[$%]\s+(?=\S)/;
const IN_LINE = /`([^`\n]{2,200})`/g;
const MOST_OF_MESSAGE = 50;

/** The commands of a text in their order: behind a prompt, in blocks of the shell, and between backticks. */
export function commandsIn(text: string): Command[] {
  const commands: Command[] = [];
  for (const line of linesOf(text)) {
    if (commands.length >= MOST_OF_MESSAGE) break;
    commands.push(...(line.fence === 'shell' ? inShell(line) : inProse(line)));
  }
  return commands.slice(0, MOST_OF_MESSAGE);
}

function inShell(line: Line): Command[] {
  const start = PROMPT.exec(line.text)?.[0].length ?? 0;
  return split(line.text.slice(start), line.start + start);
}

function inProse(line: Line): Command[] {
  const prompt = PROMPT_IN_PROSE.exec(line.text)?.[0].length;
  if (prompt !== undefined) return split(line.text.slice(prompt), line.start + prompt);
  if (line.fence !== undefined) return [];
  return [...line.text.matchAll(IN_LINE)].flatMap(({ 1: quoted = '', index }) =>
    split(quoted.replace(/^\$ /, ''), line.start + index + 1),
  );
}

/** The commands of a line that are joined by `&&`, `||`, `;` or `|`. */
function split(line: string, start: number): Command[] {
  return [...line.matchAll(/[^&|;]+/g)].flatMap(({ 0: part, index }) => {
    const written = part.trim();
    const command = commandOf(written);
    const from = start + index + part.indexOf(written);
    return command === undefined
      ? []
      : [{ ...command, written: copyOf(written), span: [from, from + written.length] as const }];
  });
}

function commandOf(written: string): Pick<Command, 'step' | 'tool'> | undefined {
  let rest = written;
  while (PREFIX.test(rest)) rest = rest.replace(PREFIX, '');
  const [first = '', ...others] = rest.split(/\s+/, 12);
  const words = [...(ALIASES[first] ?? first).split(' '), ...others];
  const [name = '', verb = '', noun = ''] = words.filter((word) => !word.startsWith('-'));
  if (OF_SHELL.has(name)) return { step: copyOf(name), tool: undefined };
  if (!isTool(name)) return undefined;
  if (WITHOUT_VERB.has(name) || !isName(verb)) return { step: name, tool: name };
  const step = `${name} ${verb}`;
  return { step: copyOf(WITH_NOUN.has(step) && isName(noun) ? `${step} ${noun}` : step), tool: name };
}

/** Whether a word is a verb, and no path, version or value. */
const isName = (word: string): boolean => /^[a-z][a-z:_-]{1,30}(?:\.py)?$/.test(word);
