import type { Transaction } from 'plinth/product';
import type { By } from '../changes/service.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { lockForChange, noScope, outdatedError } from '../scopes/locking.ts';
import type { WholeScope } from '../scopes/scope.ts';
import { readScope } from '../scopes/store.ts';
import type { SectionRow } from '../scopes/sections/section.ts';
import { listSections } from '../scopes/sections/store.ts';
import { clearSections, replaceText, type TemplateSection } from './store.ts';

/**
 * Fate of the sections that are there: they stay, and those of the template come after them; they are deleted; those of the
 * same title get the template’s text, and the others of the template come after them.
 */
export const APPLY_MODES = ['append', 'replace', 'by_title'] as const;
export type ApplyMode = (typeof APPLY_MODES)[number];

/** A template that is applied to a scope, of the version that was read if one is said. */
export interface TemplateApplication extends By {
  readonly template: { readonly id: string; readonly sections: readonly TemplateSection[] };
  readonly scopeId: string;
  readonly mode: ApplyMode;
  readonly version: number | undefined;
}

type Parts = Pick<OrbitParts, 'changes' | 'sections'>;

/**
 * Merges the sections of a template into a scope, in the caller's transaction, which also stores the key: one version of the scope.
 * After the commit, call `changes.moved`. Throws `scope_not_found`, `scope_frozen`, `section_limit`, `scope_too_long`,
 * `precondition_failed`.
 */
export async function applyTemplateIn(
  parts: Parts,
  tx: Transaction,
  applied: TemplateApplication,
): Promise<WholeScope> {
  const { template, scopeId, mode, version, accountId, caller, origin } = applied;
  const by = { accountId, caller, origin, scopeId };
  const present = await lockForChange(tx, by);
  if (version !== undefined && version !== present.version) throw outdatedError(present);
  const added = await makeWay(parts, tx, applied);
  // It raises the version and keeps it, also where nothing is left to add.
  await parts.sections.appendIn(tx, { ...by, ...added, cause: 'template_applied' });
  const data = { template_id: template.id, mode };
  await parts.changes.recordIn(tx, { ...by, kind: 'template.applied', data });
  const [[scope], sections] = await tx.runAll([
    readScope(accountId, scopeId),
    listSections(accountId, scopeId),
  ]);
  if (scope === undefined) throw noScope();
  return { scope, sections };
}

/** Sections that are added to those that are there, and by how many characters those have grown. */
interface AddedSections {
  readonly sections: readonly TemplateSection[];
  readonly grown?: number;
}

/** Does to the sections that are there what the mode says, and answers what is to be added. */
async function makeWay(parts: Parts, tx: Transaction, applied: TemplateApplication): Promise<AddedSections> {
  const { template, mode, ...of } = applied;
  const { sections } = template;
  if (mode === 'append') return { sections };
  if (mode === 'by_title') return overwrite(parts, tx, applied);
  for (const { id, type } of await tx.run(clearSections(of))) {
    await parts.changes.recordIn(tx, { ...of, kind: 'section.deleted', data: { section_id: id, type } });
  }
  return { sections };
}

async function overwrite(
  { changes }: Parts,
  tx: Transaction,
  { template, accountId, scopeId, caller, origin }: TemplateApplication,
): Promise<AddedSections> {
  let grown = 0;
  const { pairs, rest } = pairByTitle(await tx.run(listSections(accountId, scopeId)), template.sections);
  for (const { present, wanted } of pairs) {
    if (present.content === wanted.content && present.type === wanted.type) continue;
    grown += wanted.content.length - present.content.length;
    const [row] = await tx.run(replaceText(accountId, present.id, wanted));
    const data = { section_id: present.id, fields: ['type', 'content'], version: row?.version };
    await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind: 'section.updated', data });
  }
  return { sections: rest, grown };
}

/**
 * Which sections have the title of one of a template's, ignoring case and spaces; of several with one title, each has one
 * counterpart, in their order.
 */
export function pairByTitle<Present extends Pick<SectionRow, 'title'>>(
  present: readonly Present[],
  wanted: readonly TemplateSection[],
): {
  readonly pairs: readonly { readonly present: Present; readonly wanted: TemplateSection }[];
  readonly rest: readonly TemplateSection[];
} {
  const free = Map.groupBy(present, ({ title }) => foldTitle(title));
  const pairs: { present: Present; wanted: TemplateSection }[] = [];
  const rest: TemplateSection[] = [];
  for (const one of wanted) {
    const first = free.get(foldTitle(one.title))?.shift();
    if (first === undefined) rest.push(one);
    else pairs.push({ present: first, wanted: one });
  }
  return { pairs, rest };
}

function foldTitle(title: string): string {
  return title.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}
