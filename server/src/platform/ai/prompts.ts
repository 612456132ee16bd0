import { readdirSync, readFileSync } from 'node:fs';
import { numberIn } from '#platform/kernel';
import { z } from 'zod';

const headSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
  version: z.preprocess(numberIn, z.int().positive()),
  variables: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)),
});

export type PromptValues = Readonly<Record<string, string | number>>;

/** A prompt's texts with values in place. */
export interface RenderedPrompt {
  readonly id: string;
  readonly version: number;
  readonly system: string | undefined;
  readonly user: string;
}

/** One version of a prompt. Its id and version may be logged, its texts never. */
export interface Prompt {
  readonly id: string;
  readonly version: number;
  readonly variables: readonly string[];
  /** The texts around its variables. */
  readonly fixed: readonly string[];
  /** Throws when a variable has no value or a value has no variable. */
  render(values: PromptValues): RenderedPrompt;
}

/** The prompts of one product. */
export interface Prompts {
  /** The newest version, or the one that is named. Throws when there is none. */
  get(id: string, version?: number): Prompt;
  readonly all: readonly Prompt[];
}

/**
 * Reads all prompts of a folder (`<id>.v<N>.md`), as a product does at start:
 * `promptsIn(new URL('./prompts/', import.meta.url))`. A file that is not right stops the start.
 */
export function promptsIn(folder: URL): Prompts {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  const all = files.map((file) => {
    const prompt = definePrompt(readFileSync(new URL(file, folder), 'utf8'), file);
    if (file !== `${prompt.id}.v${prompt.version}.md`)
      throw new Error(`${file} is named ${prompt.id}.v${prompt.version} inside`);
    return prompt;
  });
  return promptsOf(all);
}

/** Prompts from a list, each id and version once. */
export function promptsOf(all: readonly Prompt[]): Prompts {
  const byName = new Map<string, Prompt>();
  const newest = new Map<string, Prompt>();
  for (const prompt of all) {
    byName.set(`${prompt.id}.v${prompt.version}`, prompt);
    if ((newest.get(prompt.id)?.version ?? 0) < prompt.version) newest.set(prompt.id, prompt);
  }
  return {
    all,
    get(id, version) {
      const prompt = version === undefined ? newest.get(id) : byName.get(`${id}.v${version}`);
      if (prompt === undefined)
        throw new Error(`there is no prompt ${id}${version === undefined ? '' : `.v${version}`}`);
      return prompt;
    },
  };
}

/**
 * Reads one prompt: front matter (`id`, `version`, `variables: [a, b]`), then a part under `## system` and one under
 * `## user`, with `{{variable}}` where values go. What strangers wrote goes where `{{quoted variable}}` stands: as a JSON
 * string it stays on one line and can't close its own quotes, so it forges neither a further line nor the end of the
 * material. Throws with the file's name when anything is off.
 */
export function definePrompt(text: string, file: string): Prompt {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text);
  const [, head, body] = match ?? [];
  if (head === undefined || body === undefined) throw new Error(`${file} has no front matter`);
  const { id, version, variables } = headSchema.parse(frontMatter(head), {
    error: () => `${file}: wrong front matter`,
  });
  const parts = partsOf(body, file);
  const used = new Set(
    [...`${parts.system ?? ''}${parts.user}`.matchAll(PLACEHOLDER)].map((placeholder) => placeholder[2]),
  );
  const undeclared = [...used].find((name) => name === undefined || !variables.includes(name));
  if (undeclared !== undefined)
    throw new Error(`${file} uses a variable that it does not declare: ${undeclared}`);
  const unused = variables.find((name) => !used.has(name));
  if (unused !== undefined) throw new Error(`${file} declares a variable that it does not use: ${unused}`);
  return {
    id,
    version,
    variables,
    fixed: [parts.system ?? '', parts.user].flatMap((part) => part.split(/\{\{[^{}]*\}\}/)),
    render(values) {
      const stranger = Object.keys(values).find((name) => !variables.includes(name));
      if (stranger !== undefined) throw new Error(`the prompt ${id}.v${version} has no variable ${stranger}`);
      const render = (template: string): string => fill(template, values, `${id}.v${version}`);
      return {
        id,
        version,
        system: parts.system === undefined ? undefined : render(parts.system),
        user: render(parts.user),
      };
    },
  };
}

const PLACEHOLDER = /\{\{\s*(quoted\s+)?([a-z][a-z0-9_]*)\s*\}\}/g;

/** One pass over the template: a value that itself holds `{{…}}` stays what it is. */
function fill(template: string, values: PromptValues, name: string): string {
  return template.replace(PLACEHOLDER, (_place, quoted: string | undefined, variable: string) => {
    const value = Object.hasOwn(values, variable) ? values[variable] : undefined;
    if (value === undefined) throw new Error(`the prompt ${name} lacks a value for ${variable}`);
    return quoted === undefined ? String(value) : onOneLine(String(value));
  });
}

/** As a JSON string, without the line breaks that JSON leaves as they are. */
function onOneLine(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u0085\u2028\u2029]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function frontMatter(head: string): Record<string, unknown> {
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line): [string, unknown] => {
      const [name = '', ...rest] = line.split(':');
      const value = rest.join(':').trim();
      const list = /^\[(.*)\]$/.exec(value)?.[1];
      const items = list?.split(',').map((item) => item.trim());
      return [name.trim(), items === undefined ? value : items.filter((item) => item !== '')];
    }),
  );
}

function partsOf(body: string, file: string): { system: string | undefined; user: string } {
  const [before = '', ...parts] = body.split(/^## (system|user)[ \t]*$/m);
  const named = new Map<string, string>();
  for (let at = 0; at < parts.length; at += 2) named.set(parts[at] ?? '', (parts[at + 1] ?? '').trim());
  const user = named.get('user');
  if (before.trim() !== '' || user === undefined || user === '' || named.size * 2 !== parts.length) {
    throw new Error(
      `${file} needs one part under "## user", at most one under "## system", and nothing before them`,
    );
  }
  return { system: named.get('system'), user };
}
