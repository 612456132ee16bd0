import type { Patch } from './patch.ts';

const HTTP = 'test/orbit/extraction.test.ts ::';
const CUT_SHORT = `${HTTP} an extraction that is cut short >`;
const MERGE = 'src/products/orbit/extraction/merge.test.ts ::';
const HALVES = 'test/orbit/extraction-halves.test.ts :: a chunk whose answer is cut >';
const RUN = 'src/products/orbit/extraction/run.ts';
const MEANWHILE = 'test/orbit/meanwhile.test.ts ::';
const ENDS = 'test/orbit/extraction-ends.test.ts ::';
const LARGE = 'test/orbit/extraction-too-large.test.ts ::';
const LIMITS = 'test/orbit/plan-limits.test.ts ::';

/** Extraction of documents. */
export const ORBIT_EXTRACTION: readonly Patch[] = [
  {
    name: 'sent-to-models-after-all',
    file: 'src/products/orbit/extraction/run.ts',
    find: 'await parts.workspaces.assertModels(job.accountId);',
    replace: '',
    expects:
      'test/orbit/privacy.test.ts :: what was asked for before is not sent any more, and is given back',
  },
  {
    name: 'orbit-quotes-believed',
    file: 'src/products/orbit/extraction/item.ts',
    find: 'find(quote, page) ?? []',
    replace: 'find(quote, page) ?? { page, quote }',
    expects: `${MERGE} items > lose quotes that do not occur, and confidence with them`,
  },
  {
    name: 'orbit-pages-believed',
    file: 'src/products/orbit/extraction/quotes.ts',
    find: 'if (at >= 0) return { page: page.page,',
    replace: 'if (at >= 0) return { page: named,',
    expects:
      'src/products/orbit/extraction/quotes.test.ts :: a quote > on another page than the one that was named gets the right one',
  },
  {
    name: 'orbit-long-lines-cut-off',
    file: 'src/products/orbit/extraction/chunks.ts',
    find: "return rest === '' ? parts : [...parts, rest];",
    replace: 'return parts.length > 0 ? parts : [rest];',
    expects:
      'src/products/orbit/extraction/chunks.test.ts :: chunks > hold every character of every page once, in order',
  },
  {
    name: 'orbit-conflicts-hidden',
    file: 'src/products/orbit/extraction/conflicts.ts',
    find: 'if (!differ(one.values, other.values)) return false;',
    replace: 'return false;',
    expects: `${MERGE} merging > shows two budgets as a conflict with both places, and averages nothing`,
  },
  {
    name: 'orbit-chunks-read-again',
    file: RUN,
    find: 'if (row?.digest === chunk.digest) read.set(nameOf(chunk), row);',
    replace: '',
    expects: `${CUT_SHORT} by a provider that fails keeps what it read, says what is missing, and goes on there`,
  },
  {
    name: 'orbit-sections-told-twice',
    file: RUN,
    find: 'tellChunks(job.accountId, task.root_id, key.id),',
    replace: '',
    expects: `${CUT_SHORT} by a provider that fails keeps what it read, says what is missing, and goes on there`,
  },
  {
    name: 'orbit-budget-end-fails-all',
    file: RUN,
    find: "if (error.code === 'limit_exceeded') return 'budget';",
    replace: '',
    expects: `${CUT_SHORT} by the end of its budget keeps what it read, says what is missing, and goes on there`,
  },
  {
    name: 'orbit-cut-chunks-lost',
    file: RUN,
    find: '!TOO_LARGE.has(said.code)',
    replace: "said.code !== ''",
    expects: `${HALVES} once is read in smaller parts, as one call of the plan, and cites the right pages`,
  },
  {
    name: 'orbit-half-a-chunk-believed',
    file: RUN,
    find: "if (of instanceof AppError || typeof of === 'string') return of;",
    replace: "if (of instanceof AppError || typeof of === 'string') continue;",
    expects: `${HALVES} and for whose parts no budget is left loses nothing of what was read before`,
  },
  {
    name: 'orbit-cut-answers-asked-again',
    file: RUN,
    find: "whenCut: 'refuse',",
    replace: '',
    expects: `${HALVES} however small its parts are is missing, and no call is made twice for it`,
  },
  {
    name: 'orbit-repeat-charged',
    file: 'src/products/orbit/extraction/ask.ts',
    find: "permit.releasing('the same extraction')",
    replace: 'permit.settlement()',
    expects: `${HTTP} an extraction > twice with one key is one, and charges once; with another key too, while nothing changed`,
  },
  {
    name: 'orbit-models-asked-by-viewers',
    file: 'src/products/orbit/extraction/routes.ts',
    find: "  may: 'member',\n  scope: 'orbit:write',\n  rate: { perMinute: 600, by: 'account' },\n  soldRates",
    replace:
      "  may: 'viewer',\n  scope: 'orbit:write',\n  rate: { perMinute: 600, by: 'account' },\n  soldRates",
    expects: `${HTTP} who may > a viewer reads extractions and asks for none; a stranger finds nothing`,
  },
  {
    name: 'two-who-ask-at-once-for-an-analysis',
    file: 'src/products/orbit/analysis/ask.ts',
    find: 'const other = isTaken(error) ? await formerOf(asking, subject) : undefined;',
    replace: 'const other = undefined;',
    expects:
      'bench/orbit-load.test.ts :: under load each call of a model and each export is made and charged once',
  },
  {
    name: 'orbit-deleted-document-sent-on',
    file: RUN,
    find: 'await parts.documents.assertReady(job.accountId, task.document_ids);',
    replace: '',
    expects: `${MEANWHILE} an extraction > whose document is deleted meanwhile sends nothing more to a model, and is given back`,
  },
  {
    name: 'orbit-spent-on-a-scope-that-is-closed',
    file: RUN,
    find: 'await parts.scopes.open(job.accountId, task.scope_id);',
    replace: '',
    expects: `${MEANWHILE} an extraction > whose scope is sent meanwhile sends nothing more to a model, and is given back`,
  },
  {
    name: 'orbit-sent-scope-rated',
    file: RUN,
    find: 'await lockForChange(tx, { accountId: job.accountId, scopeId: task.scope_id });',
    replace: '',
    expects: `${MEANWHILE} a scope that is sent while the last of its documents is read > is as it was sent, and the call is given back, though no section would be added`,
  },
  {
    name: 'orbit-scope-rated-unlocked',
    file: 'src/products/orbit/scopes/store.ts',
    find: 'and not trashed for no key update`',
    replace: 'and not trashed`',
    expects: `${MEANWHILE} a scope that is sent while the last of its documents is read > is as it was sent, when both are committed at one moment`,
  },
  {
    name: 'orbit-nothing-new-charged',
    file: RUN,
    find: 'if (!isNew && read.size < chunks.length)',
    replace: 'if (!isNew && read.size === 0 && chunks.length > 0)',
    expects: `${ENDS} an extraction that goes on after another > and reads nothing new has failed, and its call is given back`,
  },
  {
    name: 'orbit-begun-for-ever',
    file: RUN,
    find: "task.starts > MOST_STARTS ? 'provider'",
    replace: "task.starts < 0 ? 'provider'",
    expects: `${ENDS} an extraction whose process dies > again and again before it stores anything is given up with a reason, and its call given back`,
  },
  {
    name: 'orbit-too-large-blamed-on-the-model',
    file: RUN,
    find: "? 'too_large' : 'unusable'",
    replace: "? 'unusable' : 'unusable'",
    expects: `${LARGE} a chunk that is too large for the model > in quarters too is missing for that reason, and the others are read`,
  },
  {
    name: 'cap-of-cost-by-a-bound',
    file: 'src/platform/ai/ai.ts',
    find: 'planCall({ policy: { ...policy, caps }, wire: asked }, first)',
    replace: 'planCall({ policy: { ...policy, caps: { ...caps, cost } }, wire: asked }, first)',
    expects: `${LARGE} a policy with a cap of each call > of cost has a chunk read in parts that fit; what does not fit is never sent`,
  },
  {
    name: 'orbit-ai-calls-uncounted',
    file: 'src/products/orbit/plans.ts',
    find: "consumes: ['ai_calls', 'daily_cost']",
    replace: "consumes: ['daily_cost']",
    expects: `${LIMITS} the AI calls of a month > used up: extract says so, and when there are more; nothing is charged or sent`,
  },
  {
    name: 'orbit-ai-rate-of-a-person-alone',
    file: 'src/products/orbit/extraction/routes.ts',
    find: "soldRates: ['ai_by_user', 'ai_by_workspace'],",
    replace: "soldRates: ['ai_by_user'],",
    expects: `${LIMITS} a rate > of a workspace counts the calls to models of all its members`,
  },
];
