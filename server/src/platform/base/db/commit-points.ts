/** The name of a place where the program commits to the database or sends something out of the process. */
export type CommitPoint = string & { readonly __brand: 'CommitPoint' };

export interface PointDeclaration {
  readonly kind: 'commit' | 'dispatch';
  /** The effect that is durable, or out of the house, once the point is passed. */
  readonly what: string;
}

const declared = new Map<string, PointDeclaration>();

/** Declares a commit: a write transaction can't be opened without one. The crash tests walk all of them. */
export function commitPoint(name: string, what: string): CommitPoint {
  return declare(name, { kind: 'commit', what });
}

/** Declares a dispatch: something that leaves the process and can't be taken back. */
export function dispatchPoint(name: string, what: string): CommitPoint {
  return declare(name, { kind: 'dispatch', what });
}

function declare(name: string, declaration: PointDeclaration): CommitPoint {
  if (declared.has(name)) throw new Error(`crash point declared twice: ${name}`);
  declared.set(name, declaration);
  return name as CommitPoint;
}

/** The registry: every commit and dispatch of the program. */
export function crashPoints(): ReadonlyMap<string, PointDeclaration> {
  return declared;
}

/** Called right before and right after each point; the crash tests end the process here. */
export type CrashHook = (point: CommitPoint, phase: 'before' | 'after') => void;
