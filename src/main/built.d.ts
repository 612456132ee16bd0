export const FOLDER: string;
export const MANIFEST: string;
export function builtProgram(): string | undefined;
export function digestOf(sources: readonly string[]): string;
export function tellSources(): void;
