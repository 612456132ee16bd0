import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reporter, SerializedError, TestModule, TestSpecification, Vitest } from 'vitest/node';
import { IDLE, type Outcome, reasonOf, type Report, REPORT, type Timing } from './outcomes.ts';

/** Writes every test's outcome and every file's time to a file, so that the passes of the suite can be added up. */
export default class OutcomeReporter implements Reporter {
  #left = 0;
  #workers = 1;

  onInit({ config }: Vitest): void {
    this.#workers = config.maxWorkers;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#left = specifications.length;
  }

  /** Once a worker has no file left, the next pass begins: it waits neither for the longest of the last files nor for the coverage. */
  onTestModuleEnd(): void {
    this.#left -= 1;
    const path = process.env[REPORT];
    if (this.#left < this.#workers && path !== undefined) writeFileSync(join(dirname(path), IDLE), '');
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env[REPORT];
    if (path === undefined) return;
    writeFileSync(path, JSON.stringify(reportOf(modules, errors)));
  }
}

/** What a run came to. */
export function reportOf(modules: readonly TestModule[], errors: readonly SerializedError[]): Report {
  const outside = errors.map(
    (error): Outcome => ({ file: '', name: `outside of tests: ${error.message}`, state: 'failed' }),
  );
  return { outcomes: [...modules.flatMap(outcomesOf), ...outside], timings: modules.map(timingOf) };
}

function timingOf(module: TestModule): Timing {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic();
  const milliseconds =
    environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
  return { file: module.relativeModuleId, group: module.project.name, seconds: milliseconds / 1_000 };
}

function outcomesOf(module: TestModule): Outcome[] {
  const file = module.relativeModuleId;
  const tests = [...module.children.allTests()].map((test): Outcome => {
    const result = test.result();
    if (result.state === 'pending')
      return { file, name: test.fullName, state: 'skipped', note: 'it never ran' };
    const [error] = result.errors ?? [];
    const note = result.state === 'skipped' ? result.note : error && reasonOf(error);
    return { file, name: test.fullName, state: result.state, ...(note === undefined ? {} : { note }) };
  });
  // A file that can't be read, or a hook that throws, fails although none of its tests did.
  const broken = [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return [
    ...tests,
    ...broken.map((suite): Outcome => {
      const note = suite.errors().map(reasonOf).join('\n');
      return { file, name: `${suite.type} ${nameOf(suite)}`, state: 'failed', note };
    }),
  ];
}

function nameOf(suite: TestModule | { readonly type: 'suite'; readonly fullName: string }): string {
  return suite.type === 'suite' ? suite.fullName : suite.relativeModuleId;
}
