import type { Patch } from './patch.ts';

const HTTP = 'test/orbit/extraction.test.ts ::';
const CUT_SHORT = `${HTTP} an extraction that is cut short >`;
const MERGE = 'src/products/orbit/extraction/merge.test.ts ::';
const HALVES = 'test/orbit/extraction-halves.test.ts :: a chunk whose answer is cut >';
const RUN = 'src/products/orbit/extraction/run.ts';

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
    find: "if (TOO_LARGE.has(error.code)) return 'too_large';",
    replace: 'if (TOO_LARGE.has(error.code)) return undefined;',
    expects: `${HALVES} once is read in smaller parts, as one call of the plan, and cites the right pages`,
  },
  {
    name: 'orbit-half-a-chunk-believed',
    file: RUN,
    find: "if (of === undefined || typeof of === 'string') return of;",
    replace: "if (of === undefined || typeof of === 'string') continue;",
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
];
