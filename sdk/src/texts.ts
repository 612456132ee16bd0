/** Texts on their way from their maker to a reader. */
export interface Texts extends AsyncIterator<string, undefined> {
  /** Whether there was one. */
  readonly isBegun: boolean;
  push(text: string): void;
  /** What waits is still read; then the error is thrown, once. */
  end(error?: unknown): void;
  /** The caller reads no further. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** `onReturn` is told when the reader leaves. */
export function createTexts(onReturn: () => void): Texts {
  const waiting: string[] = [];
  const readers: (() => void)[] = [];
  let over: { readonly error?: unknown } | undefined;
  let isBegun = false;
  const wake = () => {
    for (const reader of readers.splice(0)) reader();
  };
  return {
    get isBegun() {
      return isBegun;
    },
    push(text) {
      isBegun = true;
      waiting.push(text);
      wake();
    },
    end(error) {
      over ??= { error };
      wake();
    },
    async next() {
      for (;;) {
        const text = waiting.shift();
        if (text !== undefined) return { done: false, value: text };
        if (over !== undefined) break;
        await new Promise<void>((resolve) => {
          readers.push(resolve);
        });
      }
      const { error } = over;
      over = {};
      if (error !== undefined) throw error;
      return { done: true, value: undefined };
    },
    async return() {
      over = {};
      waiting.length = 0;
      wake();
      onReturn();
      return { done: true, value: undefined };
    },
  };
}
