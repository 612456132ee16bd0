/** One line of `plinth doctor`: something that the program stands on. */
export interface Check {
  readonly name: string;
  /** Answers what is right, in a few words; throws with what is wrong. */
  readonly look: () => Promise<string>;
}
