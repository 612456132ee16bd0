/** Who is there is asked to prove once more who they are. */
export interface AskedProof {
  /** By what: `password`, or a second factor; none where there is neither. */
  readonly methods: readonly string[];
  /** With an error: they did not. */
  readonly done: (error?: Error) => void;
}

let asked: AskedProof | undefined;
let given: Promise<void> | undefined;
const listeners = new Set<() => void>();

function set(next: AskedProof | undefined): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Resolves once they have. However many calls wait for it, they are asked once. */
export function proveAgain(methods: readonly string[]): Promise<void> {
  given ??= new Promise<void>((resolve, reject) => {
    set({ methods, done: (error) => (error === undefined ? resolve() : reject(error)) });
  }).finally(() => {
    given = undefined;
    set(undefined);
  });
  return given;
}

export const stepUp = {
  asked: (): AskedProof | undefined => asked,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};
