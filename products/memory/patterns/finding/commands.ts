import { isTool } from '../kinds.ts';
import { copyOf, type Line, linesOf } from '../../lines.ts';

/** A command that a text names. */
export interface Command {
  /** Its act, without what differs from call to call: `git commit`, `npm run build`. */
  readonly step: string;
  /** Undefined of a command of the shell, and of what a team has made for itself. */
  readonly tool: string | undefined;
  readonly span: readonly [number, number];
  readonly written: string;
}

/** Commands of the shell that end an error. They are no steps of a workflow. */
const OF_SHELL = new Set('chmod chown cp export kill killall ln mkdir mv pkill rm sudo touch'.split(' '));
/** Words before the command that is meant. */
const PREFIX =
  /^(?:sudo|time|npx|bunx|(?:poetry|uv|pipenv) run|(?:bundle|pnpm|npm|yarn) exec|[A-Z_]+=\S*)\s+/;
const ALIASES: Readonly<Record<string, string>> = {
  './manage.py': 'python manage.py',
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
/** Programs that run tasks which a team names. */
const RUNNERS = new Set('hatch invoke just mage mix nox nx pre-commit rake task tox turbo'.split(' '));
/** Programs that run the script named next. */
const INTERPRETERS = new Set('bash bun deno node php python ruby sh ts-node tsx zsh'.split(' '));
/** Folders whose files are there to be called. */
const OF_SCRIPTS = new Set('bin .bin sbin script scripts tool tools ci hack'.split(' '));
/** Verbs that the next word is a part of. */
const WITH_NOUN = new Set(
  'npm run,pnpm run,yarn run,bun run,docker compose,docker image,kubectl rollout,kubectl create,python manage.py,php artisan,gh pr,gh run,aws s3,aws ecr,gcloud run'.split(
    ',',
  ),
);
/** Steps that look and change nothing. */
const LOOKS =
  /^(?:git (?:status|diff|log|show|branch|blame|remote)|kubectl (?:get|describe|logs|top)|docker (?:ps|logs|images)|docker compose (?:ps|logs)|adb (?:devices|logcat)|helm (?:list|status)|npm (?:ls|outdated)|terraform (?:show|output)|systemctl status|gh (?:pr|run) (?:view|list))$/;
export const isLook = ({ step }: Command): boolean => LOOKS.test(step);

/** Commands that belong to no workflow. */
export const isOfShell = ({ step }: Command): boolean => OF_SHELL.has(step);

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
  return split(line.text.slice(start), line.start + start, true);
}

function inProse(line: Line): Command[] {
  const prompt = PROMPT_IN_PROSE.exec(line.text)?.[0].length;
  if (prompt !== undefined) return split(line.text.slice(prompt), line.start + prompt, true);
  if (line.fence !== undefined) return [];
  return [...line.text.matchAll(IN_LINE)].flatMap(({ 1: quoted = '', index }) =>
    split(quoted.replace(/^\$ /, ''), line.start + index + 1, false),
  );
}

/** The commands of a line that are joined by `&&`, `||`, `;` or `|`. `isCalled`: it is a line of the shell, and no name between backticks. */
function split(line: string, start: number, isCalled: boolean): Command[] {
  return [...line.matchAll(/[^&|;]+/g)].flatMap(({ 0: part, index }) => {
    const written = part.trim();
    const command = commandOf(written, isCalled);
    const from = start + index + part.indexOf(written);
    return command === undefined
      ? []
      : [{ ...command, written: copyOf(written), span: [from, from + written.length] as const }];
  });
}

function commandOf(written: string, isCalled: boolean): Pick<Command, 'step' | 'tool'> | undefined {
  let rest = written;
  while (PREFIX.test(rest)) rest = rest.replace(PREFIX, '');
  const [first = '', ...others] = rest.split(/\s+/, 12);
  const words = [...(ALIASES[first] ?? installed(first)).split(' '), ...others];
  const [name = '', verb = '', noun = ''] = words.filter((word) => !word.startsWith('-'));
  const tool = isTool(name) ? name : undefined;
  if (OF_SHELL.has(name)) return { step: copyOf(name), tool };
  if (INTERPRETERS.has(name) && verb !== 'manage.py' && isScript(verb, true)) return ownStep(verb, tool);
  if (isScript(name, isCalled)) return ownStep(name, undefined);
  if (tool === undefined && !RUNNERS.has(name)) return undefined;
  if (WITHOUT_VERB.has(name) || !isName(verb)) return tool === undefined ? undefined : { step: name, tool };
  const step = `${name} ${verb}`;
  return { step: copyOf(WITH_NOUN.has(step) && isName(noun) ? `${step} ${noun}` : step), tool };
}

/** A tool that is called where it was installed, as `bin/rails`, by its name. */
function installed(word: string): string {
  const file = /(?:^|\/)\.?bin\/([\w-]+)$/.exec(word)?.[1];
  return file !== undefined && (isTool(file) || RUNNERS.has(file)) ? file : word;
}

const ownStep = (path: string, tool: string | undefined) => ({
  step: copyOf(path.replace(/^\.\//, '')),
  tool,
});

/** Whether a word calls a script of a team: one of the shell, one of a folder of scripts, or a program that the line begins with. A file of sources is none. */
function isScript(word: string, isCalled: boolean): boolean {
  if (!/^(?:\.{1,2}\/|\w)[\w./-]{1,100}$/.test(word)) return false;
  const folders = word.split('/');
  const file = folders.pop() ?? '';
  const [, name = '', ending] = /^([\w-]+)(?:\.(sh|bash|zsh|py|rb|pl|php|[cm]?[jt]s))?$/.exec(file) ?? [];
  if (name === '') return false;
  const isOwn = folders.some((folder) => OF_SCRIPTS.has(folder));
  const isHere = word.startsWith('.');
  if (ending?.endsWith('sh')) return isCalled || isHere || isOwn;
  if (ending === undefined && isCalled && isHere) return true;
  // `scripts/eval` between backticks may be a folder, and `scripts/seed.ts` a file that a person edits.
  return isOwn && (isCalled || isHere || (ending === undefined && folders.at(-1) === 'bin'));
}

/** Whether a word is a verb, and no path, version or value. */
const isName = (word: string): boolean => /^[a-z][a-z:_-]{1,30}(?:\.py)?$/.test(word);
