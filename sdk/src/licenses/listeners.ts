/** Who hears of something. One that throws is told of on the console, and nothing else comes of it. */
export function listeners<T>() {
  const all = new Set<(told: T) => void>();
  return {
    /** Answers how to hear no more. */
    add(listener: (told: T) => void): () => void {
      // Two that are the same function are two.
      const wrapper = (told: T) => listener(told);
      all.add(wrapper);
      return () => void all.delete(wrapper);
    },
    tell(told: T): void {
      for (const listener of all) {
        try {
          listener(told);
        } catch (error) {
          console.error('plinth: a listener of the licence failed', error);
        }
      }
    },
  };
}
