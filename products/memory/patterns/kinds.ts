/** Kinds of patterns: steps that follow each other, an error with what ended it, a rule that is said again and again. */
export const PATTERN_KINDS = ['workflow', 'problem_solution', 'practice'] as const;
export type PatternKind = (typeof PATTERN_KINDS)[number];

/** Subjects of the commands and words of a pattern. A closed list: no text of a message is named by it. */
export const TOOLS: readonly string[] =
  `adb alembic ansible aws az bazel brew bun bundle cargo celery cmake composer conda curl deno docker dotnet eslint expo
   fastlane ffmpeg firebase flutter gcloud gh git go gradle helm jest kubectl make mvn mysql nginx node npm php pip pip-audit
   playwright pnpm pod poetry prettier prisma psql pytest python rails redis-cli ruff sqlite3 swift systemctl terraform tsc uv
   vite vitest webpack xcodebuild yarn`.split(/\s+/);

const KNOWN: ReadonlySet<string> = new Set(TOOLS);
export const isTool = (word: string): boolean => KNOWN.has(word);

/** Names that are words of talk too: they count in commands alone. */
const WORDS: ReadonlySet<string> = new Set(
  'brew bun bundle composer expo go helm make node pod poetry rails swift uv'.split(' '),
);

/** The tools that a sentence names. */
export function toolsNamedIn(sentence: string): string[] {
  const words = sentence.toLowerCase().split(/[^a-z0-9-]+/);
  return [...new Set(words.filter(isTool).filter((name) => !WORDS.has(name)))];
}
