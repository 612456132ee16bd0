import { z } from 'zod';

const UNRELEASED = '## Not released\n';
/** Pages and deployments that name an image, a package or the banner of this version. */
const NAMING = /^(README\.md|docs\/package\.md|deploy\/.*\.(json|toml|yaml|tfvars))$/;
const MANIFEST = /(^|\/)(package\.json|pyproject\.toml)$/;

const manifestSchema = z.object({ version: z.string() });
/** The version that a package.json has. */
export const versionOf = (manifest: string): string => manifestSchema.parse(JSON.parse(manifest)).version;

/** The files of a tree that name its version, by their paths, as they are with another one. */
export function raiseVersion(
  files: ReadonlyMap<string, () => string>,
  to: string,
): ReadonlyMap<string, string> {
  const from = versionOf(files.get('package.json')?.() ?? '');
  return new Map(
    [...files].flatMap(([path, read]): [string, string][] => {
      if (path === 'package-lock.json') return [[path, raiseLock(read(), from, to)]];
      if (!MANIFEST.test(path) && !NAMING.test(path)) return [];
      const text = read();
      const raised = text.replaceAll(named(from), `$1${to}`);
      return raised === text ? [] : [[path, raised]];
    }),
  );
}

/** `"version": "`, `"plinth": "` and `"@plinth/safety": "` in a manifest, `version = "` in Python’s; `Plinth `, `plinth-sdk-`, `plinth:` and an image's tag on pages. */
const named = (version: string) =>
  new RegExp(
    String.raw`("(?:version|plinth|@plinth/[\w-]+)": "|^version = "|[Pp]linth[\w-]*[ :-]|newTag: ')${version.replaceAll('.', String.raw`\.`)}\b`,
    'gm',
  );

/** The lockfile's own version, and the entries of workspaces: their versions, and what they ask of each other. */
const raiseLock = (text: string, from: string, to: string): string =>
  text
    .replace(`\n  "version": "${from}"`, `\n  "version": "${to}"`)
    .replaceAll(/^ {4}"(?!node_modules\/)[^"]*": \{$[^]*?^ {4}\}/gm, (entry) =>
      entry.replaceAll(named(from), `$1${to}`),
    );

/** A list of changes in which those that were not released are a version's. */
export function released(changes: string, version: string, day: string): string {
  const at = changes.indexOf(UNRELEASED);
  if (at < 0) throw new Error(`CHANGELOG.md has no heading "${UNRELEASED.trim()}"`);
  const rest = changes.slice(at + UNRELEASED.length);
  if (!/^\s*[^#\s]/.test(rest)) throw new Error('CHANGELOG.md says nothing that is not released yet');
  return `${changes.slice(0, at)}${UNRELEASED}\n## ${version} (${day})\n${rest}`;
}
