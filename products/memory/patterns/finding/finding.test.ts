import { expect, test } from 'vitest';
import { createLeaders, likeness } from './alike.ts';
import { commandsIn } from './commands.ts';
import { createFinder } from './finder.ts';
import type { FoundPattern, ReadMessage } from './pattern.ts';

type Said = readonly [role: ReadMessage['role'], text: string];

/** Finds patterns in sessions. */
function find(...sessions: readonly (readonly Said[])[]): FoundPattern[] {
  const finder = createFinder();
  for (const [session, messages] of sessions.entries()) {
    for (const [place, [role, text]] of messages.entries())
      finder.read({ sessionId: `s${session}`, id: `s${session} m${place}`, role, text });
    finder.endSession(`s${session}`);
  }
  return [...finder.find()].flatMap((pattern) => pattern ?? []);
}

const steps = (...all: readonly string[]): Said[] => all.map((step) => ['tool', `$ ${step}`]);

const termsOf = (n: number, count: number) =>
  new Set(Array.from({ length: count }, (_, place) => `${n} ${place}`));

const textsOf = (patterns: readonly FoundPattern[]) =>
  patterns.map(({ occurrences }) => occurrences.map(({ quotes }) => quotes.map(({ text }) => text)));

test.each([
  ['$ git commit -am "x"', ['git commit']],
  ['Run `npm run build` and then `tsc --noEmit`.', ['npm run build', 'tsc']],
  [
    '```sh\nsudo docker compose up -d && kubectl apply -f a.yaml | cat\n```',
    ['docker compose up', 'kubectl apply'],
  ],
  ['ines@box:~$ poetry run pytest tests/a.py', ['pytest']],
  ['```ts\ngit commit\n```\nI like git commit.', []],
  [
    '`python3 manage.py migrate --noinput`, `./gradlew build`, `make`',
    ['python manage.py migrate', 'gradle build', 'make'],
  ],
  ['`kill 4711` and `frobnicate all`', ['kill']],
])('the commands of %j', (text, expected) => {
  const commands = commandsIn(text);
  expect(commands.map(({ step }) => step)).toEqual(expected);
  for (const { span, written } of commands) expect(text.slice(...span)).toBe(written);
});

test('items that are alike by the share of their terms are put together, in any number', () => {
  const leaderOf = createLeaders<{ readonly terms: ReadonlySet<string> }>(0.6);
  const items = Array.from({ length: 2_000 }, (_, n) => ({ terms: termsOf(n, 8) }));
  for (const item of items) expect(leaderOf(item)).toBe(item);
  for (const [n, item] of items.entries()) {
    expect(leaderOf({ terms: termsOf(n, 6) })).toBe(item);
    const less = { terms: termsOf(n, 4) };
    expect([likeness(less.terms, item.terms), leaderOf(less)]).toEqual([0.5, less]);
  }
});

test('a workflow is found with a step between, and not where its steps are in any order', () => {
  const found = find(
    steps('cargo fmt', 'cargo clippy', 'git status', 'git tag v1', 'cargo publish'),
    steps('cargo fmt', 'cargo fmt', 'cargo clippy --fix', 'cargo publish'),
    steps('helm lint', 'helm package', 'helm push'),
    steps('helm push', 'helm lint', 'helm package'),
    steps('helm package', 'helm push', 'helm lint'),
    steps('helm lint', 'helm package', 'helm push'),
  );
  expect(textsOf(found)).toEqual([
    [
      ['cargo fmt', 'cargo clippy', 'cargo publish'],
      ['cargo fmt', 'cargo clippy', 'cargo publish'],
    ],
  ]);
});

test('a problem is a pattern where it ended alike, and otherwise counts against that', () => {
  const problem: Said = ['user', 'Error: connect ECONNREFUSED 127.0.0.1:5432'];
  const ended: Said = ['user', 'works now'];
  const [found, ...others] = find(
    [problem, ['assistant', 'Start it: `docker compose up -d db`.'], ended],
    [['tool', 'Error: connect ECONNREFUSED 10.0.0.7:5433'], ['tool', '$ docker compose up'], ended],
    [problem, ['assistant', 'The firewall was on, I opened the port.'], ended],
    [problem, ['assistant', 'Start it: `docker compose up`.'], ['user', 'still not']],
    [['assistant', 'It throws Error: connect ECONNREFUSED where the server is down.'], ended],
  );
  expect(others).toEqual([]);
  expect(found).toMatchObject({ kind: 'problem_solution', tools: ['docker'], against: 1 });
  expect(textsOf([found as FoundPattern])).toEqual([
    [
      ['Error: connect ECONNREFUSED 127.0.0.1:5432', 'Start it: `docker compose up -d db`.'],
      ['Error: connect ECONNREFUSED 10.0.0.7:5433', 'docker compose up'],
    ],
  ]);
});

test('a rule is found in other words, and neither its contrary, nor a question, nor what is said in one session alone', () => {
  const found = find(
    [['user', 'Hi. Always squash commits before you merge!']],
    [['assistant', 'Commits are always squashed before a merge.']],
    [['user', 'Never squash commits before you merge.']],
    [['user', 'Should we always squash commits before we merge?']],
    [['system', 'Always squash commits before you merge!']],
    [
      ['user', 'Never log the tokens of customers.'],
      ['user', 'never log tokens of customers'],
    ],
  );
  expect(textsOf(found)).toEqual([
    [['Always squash commits before you merge!'], ['Commits are always squashed before a merge.']],
  ]);
  expect(found[0]?.occurrences[0]?.quotes[0]?.span).toEqual([4, 43]);
});
