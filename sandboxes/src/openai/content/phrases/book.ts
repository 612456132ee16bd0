type Phrases = readonly [string, ...string[]];

/**
 * Templates of one language. {t} is the topic as it was given, {k} and {l} are phrases of its keywords,
 * {a} is the audience. A topic may be a noun, a clause or a question, so it only stands where a title can.
 */
export interface PhraseBook {
  readonly hooks: Phrases;
  readonly openings: Phrases;
  readonly points: Phrases;
  readonly closings: Phrases;
  readonly calls: Phrases;
  readonly audience: string;
  readonly replies: Phrases;
  readonly toolReply: string;
}
