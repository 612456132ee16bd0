import type { Module } from './define-module.ts';

/** The modules in their order. Throws where two have one name, or one name for a schedule. */
export function inOrder<const Modules extends readonly Module[]>(modules: Modules): Modules {
  assertOnce(modules.map(({ name }) => `the module ${name}`));
  assertOnce(
    modules.flatMap(({ schedules }) => Object.keys(schedules).map((name) => `the schedule ${name}`)),
  );
  assertOnce(
    modules.flatMap(({ systemUses }) => Object.keys(systemUses).map((use) => `the system use ${use}`)),
  );
  return modules;
}

function assertOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is declared twice`);
}
