/**
 * All that may be found: the check that it belongs to, and what reviewers and developers read. Checks are listed in this order; while a hard
 * one fails, it can't be approved.
 */
export const CODES = {
  package_too_large: ['size', 'The package is larger than 20 MB.'],
  package_empty: ['size', 'The package has no bytes.'],
  digest_mismatch: ['digest', 'The SHA-256 of the package is another than declared.'],
  signature_missing: ['signature', 'The package is not signed.'],
  signature_key_missing: ['signature', 'The developer has no registered key for this signature.'],
  signature_invalid: ['signature', 'The signature is not of these bytes by the developer’s key.'],
  virus_found: ['virus', 'The virus scanner found something.'],
  virus_not_scanned: ['virus', 'The virus scanner did not take the package.'],
  archive_damaged: ['archive', 'The package is no ZIP, or is damaged.'],
  archive_too_many_entries: ['archive', 'The package has more than 2,000 entries.'],
  archive_bomb: ['archive', 'The package unpacks to far more than it holds, or to more than 48 MB.'],
  archive_encrypted: ['archive', 'An entry is encrypted.'],
  archive_method: ['archive', 'An entry is packed by another method than store and deflate.'],
  archive_took_too_long: ['archive', 'Reading the package took longer than any may take.'],
  archive_took_too_much_memory: ['archive', 'Reading the package took more memory than any may take.'],
  archive_unreadable: ['archive', 'The package could not be read.'],
  path_outside: ['paths', 'The path leads out of the folder, or is absolute.'],
  path_invalid: [
    'paths',
    'The path has characters, or a length, that not all systems take, or a header says more of it.',
  ],
  path_duplicate: [
    'paths',
    'Another entry has the same path, or one that differs by case or form alone; or it is a file where a path needs a folder.',
  ],
  link: ['links', 'The entry is a link.'],
  special_file: ['links', 'The entry is neither a file nor a folder.'],
  manifest_invalid: ['manifest', 'The manifest is not as the documentation says.'],
  manifest_binary: [
    'manifest_text',
    'A field of the manifest holds binary data, or signs that turn what follows.',
  ],
  manifest_look_alike: [
    'manifest_text',
    'A sign is not seen, or a letter of another alphabet looks like a Latin one.',
  ],
  manifest_missing: ['manifest_inside', 'There is no manifest.json at the top of the package.'],
  manifest_too_large: ['manifest_inside', 'The manifest has more than 64 KiB.'],
  manifest_not_json: ['manifest_inside', 'The manifest in the package is no JSON.'],
  manifest_differs: ['manifest_inside', 'The manifest in the package is another than the submitted one.'],
  permission_unknown: ['permissions', 'There is no such permission.'],
  version_not_above: ['version', 'The version is not above the former one.'],
  plugin_differs: ['version', 'The former version is of another plugin.'],
  native_code: ['native_code', 'The file is a program or library for a processor, or has the name of one.'],
  permission_new: ['new_permissions', 'The former version did not want this permission.'],
  price_changed: ['price', 'It costs another price than the former version, in minor units.'],
  webassembly: ['static', 'The file is WebAssembly, which is not looked into.'],
  nested_archive: ['static', 'The file is an archive, which is not looked into.'],
  eval: ['static', 'It runs a text as code (eval).'],
  new_function: ['static', 'It makes a function of a text.'],
  child_process: ['static', 'It starts other programs.'],
  native_loading: ['static', 'It loads native code.'],
  computed_import: ['static', 'It loads a module whose name is computed.'],
  host_not_permitted: ['static', 'It names a host that no permission names.'],
  more_findings: ['static', 'There is more of this in the package than is listed.'],
  virus_scanner_off: ['scanned', 'No virus scanner is set up.'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type Code = keyof typeof CODES;
export type Check = (typeof CODES)[Code][0];

const CHECKS: readonly Check[] = [...new Set(Object.values(CODES).map(([check]) => check))];
/** Findings that reviewers should see, and judge themselves. */
const SOFT: ReadonlySet<Check> = new Set(['new_permissions', 'price', 'static', 'scanned']);

/** The place of a finding: a path in the package, or the whole of it, and a line that is counted from 1. */
interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** Something that was found; `detail` names what exactly. */
export interface Found extends Place {
  readonly code: Code;
  readonly detail?: string | undefined;
}

/** `not_checked`: what came before failed. */
interface Finding extends Place {
  readonly code: Code | 'not_checked';
  readonly text: string;
}

export interface ChecklistItem {
  readonly check: Check;
  readonly hard: boolean;
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}

const NOT_CHECKED = { code: 'not_checked', text: 'Not looked at, as another check failed.' } as const;

/** The checklist of all that was found. A check that was not made has not passed. */
export const checklistOf = (found: readonly Found[], notMade: readonly Check[]): ChecklistItem[] =>
  CHECKS.map((check) => {
    const own: Finding[] = found.filter(({ code }) => CODES[code][0] === check).map(findingOf);
    const findings = own.length === 0 && notMade.includes(check) ? [NOT_CHECKED] : own;
    return { check, hard: !SOFT.has(check), passed: findings.length === 0, findings };
  });

function findingOf({ file, line, code, detail }: Found): Finding {
  const [, says] = CODES[code];
  return { file, line, code, text: detail === undefined ? says : `${says.replace(/\.$/, '')}: ${detail}` };
}
