import { arrows, faces, type Finding, type Rule, type RuleOfAll, standalone, vendors } from './arrows.ts';
import { circles, folderCircles } from './circles.ts';
import { EXCEPTIONS, type Exception } from './config.ts';
import {
  databaseTime,
  fileSizes,
  functionSizes,
  honestTests,
  honestTypes,
  names,
  namesNoProduct,
  passedIn,
  writtenNumbers,
} from './habits.ts';
import { wordObjections } from './plain-words.ts';
import { projectFiles, type SourceFile } from './source.ts';
import { systemUses } from './system-uses.ts';

/** What is said of files one by one. */
const OF_EACH: Readonly<Record<string, Rule>> = {
  arrows,
  faces,
  standalone,
  vendors,
  names,
  namesNoProduct,
  fileSizes,
  functionSizes,
  honestTypes,
  passedIn,
  writtenNumbers,
  honestTests,
  databaseTime,
  systemUses,
};

/** What is said of all files together. */
const OF_ALL: Readonly<Record<string, RuleOfAll>> = { circles, folderCircles };

/** The rules of the house by name; an exception names the rule that it is excepted from. */
export const RULES: ReadonlyMap<string, RuleOfAll> = new Map([
  ...Object.entries(OF_EACH).map(([name, rule]): [string, RuleOfAll] => [
    name,
    (files) => files.flatMap((file) => rule(file)),
  ]),
  ...Object.entries(OF_ALL),
]);

/** What one rule has against these files, less what is excepted, as lines to read. */
export function objections(rule: string, files: readonly SourceFile[]): string[] {
  return findings(rule, files)
    .filter((finding) => !EXCEPTIONS.some((exception) => covers(exception, rule, finding)))
    .map(({ path, line, says }) => `${path}:${line} ${says}`);
}

/** All rules read the files of one package, for its own tests: a run of the whole reads all files at once. */
export function objectionsTo(folder: string): string[] {
  const files = projectFiles(folder);
  return [...[...RULES.keys()].flatMap((rule) => objections(rule, files)), ...wordObjections(folder)];
}

/** Exceptions that excuse nothing any more. */
export function idleExceptions(files: readonly SourceFile[]): Exception[] {
  return EXCEPTIONS.filter((exception) => {
    const found = findings(exception.rule, files);
    return !found.some((finding) => covers(exception, exception.rule, finding));
  });
}

function findings(name: string, files: readonly SourceFile[]): Finding[] {
  const rule = RULES.get(name);
  if (rule === undefined) throw new Error(`there is no rule of the name ${name}`);
  return rule(files);
}

function covers(exception: Exception, rule: string, finding: Finding): boolean {
  const said = exception.says === undefined || finding.says.includes(exception.says);
  return exception.rule === rule && exception.path === finding.path && said;
}
