import { compiledRules, wordsIn } from './precheck.ts';

/** What a model's reply was found to hold. */
export interface ReplyResult {
  /** False: it must not be shown. */
  readonly fit: boolean;
  /** Ids of the rules that were found. */
  readonly rules: readonly string[];
}

/** A reply that is read as it comes. */
export interface ReplyStream {
  /** Takes a piece of the reply, cut anywhere, and answers what may be shown by now; nothing any more once `rules` has some. */
  push(piece: string): string;
  /** The reply is over: answers what was held back, where it is fit. */
  end(): string;
  /** Ids of the rules by which it is not fit; none where it is. */
  readonly rules: readonly string[];
}

/** A sentence that does not end is looked at in pieces of so many characters. */
const LONGEST_SENTENCE = 600;
/** What of it is looked at again with the next piece: no rule is longer. */
const OVERLAP = 200;
/** Where a sentence ends: not within `k.i.l.l`, so that what is behind it has to be seen. */
const END = /\n|[.!?]["”»’)]*(?=\s)/;

/**
 * Looks at a reply of a model: what encourages a reader to harm themselves or others, says how, or tells them to keep it from
 * all others. The same floor as the precheck, and no judgement of what is good advice.
 */
export function checkReply(text: string): ReplyResult {
  const { reply } = compiledRules();
  const { hits } = reply.automaton.run(wordsIn(text).words.map((word) => word.replyRules));
  const found = hits.flatMap((hit) => {
    const meaning = reply.meanings[hit.owner];
    return meaning === undefined ? [] : [{ ...hit, meaning }];
  });
  const exceptions = found.filter(({ meaning }) => meaning.of === 'exception');
  const standing = found.filter(
    (hit) =>
      hit.meaning.of === 'reply' &&
      !exceptions.some((exception) => exception.from <= hit.from && exception.to >= hit.to),
  );
  return {
    fit: standing.length === 0,
    rules: [...new Set(standing.map(({ meaning }) => meaning.id))].sort(),
  };
}

/**
 * The same of a reply in pieces. It is held back by a sentence: nothing of an unfit one is ever shown, and however the provider cuts its
 * words, what is shown is the same.
 */
export function createReplyCheck(): ReplyStream {
  let pending = '';
  let seen = '';
  let rules: readonly string[] = [];

  function showIfFit(text: string, show: string): string {
    const result = checkReply(text);
    rules = result.rules;
    return result.fit ? show : '';
  }

  return {
    push(piece) {
      pending += piece;
      let shown = '';
      for (let next = nextPart(pending); next !== undefined && rules.length === 0; next = nextPart(pending)) {
        const part = pending.slice(0, next.length);
        shown += showIfFit(seen + part, part);
        seen = next.isEnd ? '' : (seen + part).slice(-OVERLAP);
        pending = pending.slice(next.length);
      }
      return shown;
    },
    end() {
      const rest = pending;
      pending = '';
      return rules.length > 0 || rest === '' ? '' : showIfFit(seen + rest, rest);
    },
    get rules() {
      return rules;
    },
  };
}

/** What of a text is looked at next: its first sentence, or the beginning of one that is too long. Undefined: there is more to come. */
function nextPart(text: string): { readonly length: number; readonly isEnd: boolean } | undefined {
  const first = END.exec(text);
  const end = first === null ? Number.POSITIVE_INFINITY : first.index + first[0].length;
  if (end <= LONGEST_SENTENCE) return { length: end, isEnd: true };
  return text.length > LONGEST_SENTENCE ? { length: LONGEST_SENTENCE - OVERLAP, isEnd: false } : undefined;
}
