import { AppError, type DataKey } from 'plinth/product';
import type { MemberKey } from '../levels.ts';
import { placeOf } from './places.ts';
import type { DecisionKey, DecisionRow, SealedTexts, WholeDecisionRow } from './store.ts';

/** Texts of a decision. */
export interface DecisionTexts {
  readonly title: string;
  readonly context: string;
  readonly rationale: string;
  readonly consequences: string | null;
}

/** A decision whose title is opened. */
export type OpenDecision = Omit<DecisionRow, 'title' | 'version_id'> & { readonly title: string };

/** A decision with all its texts. */
export type WholeDecision = Omit<WholeDecisionRow, keyof DecisionTexts | 'version_id'> & DecisionTexts;

const FIELDS = ['title', 'context', 'rationale', 'consequences'] as const;
/** A text has so many bytes at most. */
const MOST_TEXT = 65_536;

export function assertSizes(texts: DecisionTexts): void {
  for (const field of FIELDS)
    if (Buffer.byteLength(texts[field] ?? '') > MOST_TEXT)
      throw new AppError('decision_too_large', { details: { field } });
}

export const bytesOf = (texts: DecisionTexts): number =>
  FIELDS.reduce((sum, field) => sum + Buffer.byteLength(texts[field] ?? ''), 0);

export const haveSameTexts = (one: DecisionTexts, other: DecisionTexts): boolean =>
  FIELDS.every((field) => one[field] === other[field]);

/** `id`: of the version's row. */
export function sealTexts(
  key: DataKey,
  { accountId, id: versionId }: Pick<DecisionKey, 'accountId' | 'id'>,
  texts: DecisionTexts,
): SealedTexts {
  const seal = (field: keyof DecisionTexts, text: string) =>
    key.seal(text, placeOf[field](accountId, versionId));
  return {
    versionId,
    title: seal('title', texts.title),
    context: seal('context', texts.context),
    rationale: seal('rationale', texts.rationale),
    consequences: texts.consequences === null ? null : seal('consequences', texts.consequences),
  };
}

export function openDecision(
  key: DataKey,
  { accountId }: MemberKey,
  { title, version_id, ...row }: DecisionRow,
): OpenDecision {
  return { ...row, title: key.open(title, placeOf.title(accountId, version_id)) };
}

export function openWholeDecision(
  key: DataKey,
  { accountId }: MemberKey,
  { title, context, rationale, consequences, version_id, ...row }: WholeDecisionRow,
): WholeDecision {
  const open = (field: keyof DecisionTexts, text: Uint8Array) =>
    key.open(text, placeOf[field](accountId, version_id));
  return {
    ...row,
    title: open('title', title),
    context: open('context', context),
    rationale: open('rationale', rationale),
    consequences: consequences === null ? null : open('consequences', consequences),
  };
}
