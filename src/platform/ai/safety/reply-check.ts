import { warmUp, wordsIn } from './precheck.ts';

/** What a model's reply was found to hold. */
export interface ReplyResult {
  /** False: it must not be shown. */
  readonly fit: boolean;
  /** Ids of the rules that were found. */
  readonly rules: readonly string[];
}

/** What a stream may show. */
export interface ReplyPiece {
  readonly show: string;
  /** False: what came is not shown, and nothing that follows. */
  readonly fit: boolean;
}

/** A reply that is read as it comes. */
export interface ReplyStream {
  push(piece: string): ReplyPiece;
  /** The end of the reply: what was held back of it, where it is fit. */
  end(): ReplyPiece;
  readonly rules: readonly string[];
}

export interface ReplyStreamOptions {
  /** `sentence`: nothing of an unfit sentence is ever shown; `none`: each piece is passed on, up to where the sentence becomes unfit. */
  readonly hold: 'sentence' | 'none';
}

/** A sentence that does not end is looked at in pieces of so many characters. */
const LONGEST_SENTENCE = 600;
/** What of it is looked at again with the next piece: no rule is longer. */
const OVERLAP = 200;
const END = /[.!?\n]["”»’)\s]*/g;

/**
 * Looks at a reply of a model: what encourages somebody to harm themselves or others, says how, or tells them to keep it from
 * everybody. The same floor as the precheck, and no judgement of what is good advice.
 */
export function checkReply(text: string): ReplyResult {
  const { reply } = warmUp();
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

const UNFIT: ReplyPiece = { show: '', fit: false };

/** The same of a reply in pieces, however it is cut. */
export function createReplyCheck({ hold }: ReplyStreamOptions): ReplyStream {
  let pending = '';
  let seen = '';
  let rules: readonly string[] = [];

  function looked(text: string, show: string): ReplyPiece {
    const result = checkReply(text);
    rules = result.rules;
    return result.fit ? { show, fit: true } : { show: '', fit: false };
  }

  function passing(piece: string): ReplyPiece {
    const text = seen + piece;
    const found = looked(text, piece);
    const ended = lastEnd(text);
    seen = text.slice(Math.max(ended, text.length - LONGEST_SENTENCE));
    return found;
  }

  function holding(piece: string): ReplyPiece {
    pending += piece;
    const ended = pending.length > LONGEST_SENTENCE ? pending.length - OVERLAP : lastEnd(pending);
    if (ended === 0) return { show: '', fit: true };
    const whole = pending.slice(0, ended);
    const found = looked(seen + whole, whole);
    pending = pending.slice(ended);
    seen = lastEnd(whole) === whole.length ? '' : (seen + whole).slice(-OVERLAP);
    return found;
  }

  return {
    push(piece) {
      if (rules.length > 0) return UNFIT;
      return hold === 'sentence' ? holding(piece) : passing(piece);
    },
    end() {
      if (rules.length > 0) return UNFIT;
      const rest = pending;
      pending = '';
      return rest === '' ? { show: '', fit: true } : looked(seen + rest, rest);
    },
    get rules() {
      return rules;
    },
  };
}

/** Behind the last sentence that has ended; 0 where none has. */
function lastEnd(text: string): number {
  let end = 0;
  for (const match of text.matchAll(END)) end = match.index + match[0].length;
  return end;
}
