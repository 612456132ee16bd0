import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { declaredErrors } from '#platform/kernel';
import { errorsOf } from '#server';
import { allRoutes } from '../../server/src/app.ts';
import { isProgram } from '@plinth/testkit/house/arrows';
import {
  isNode,
  lineAt,
  type Node,
  projectPaths,
  readGenerated,
  ROOT,
  type SourceFile,
  sourceFile,
} from '@plinth/testkit/house/source';

const declared = new Map(declaredErrors());
const files = projectPaths()
  .filter((path) => path.endsWith('.ts') && isProgram(path))
  .map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')));

/** The statuses that clients may rely on; others may be added. */
const PROMISED: Readonly<Record<string, number>> = {
  validation_failed: 400,
  unauthenticated: 401,
  plan_required: 402,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  limit_exceeded: 429,
  provider_unavailable: 503,
  internal: 500,
};

/** Codes that no route answers, each with why it is declared. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  migrations_pending: 'a start ends with it',
  port_not_open: 'a start ends with it',
  data_folder_foreign: 'a start ends with it',
  data_folder_in_use: 'a start ends with it',
  data_folder_unusable: 'a start ends with it',
  exchange_rates_unreadable: 'a start ends with it',
  database_login_unfit: 'a start ends with it',
  schema_not_owned: 'a migration ends with it',
  migration_changed: 'a start or a migration ends with it',
  migration_unknown: 'a start or a migration ends with it',
  database_moved: 'a start ends with it',
  move_impossible: 'a move ends with it',
  move_not_equal: 'a move ends with it',
  move_target_differs: 'a move ends with it',
  move_target_in_use: 'a move ends with it',
  move_target_not_empty: 'a move ends with it',
  archive_broken: 'an export of an account ends with it',
  backup_damaged: 'a restore ends with it',
  backup_newer: 'a restore ends with it',
  restore_not_empty: 'a restore ends with it',
  restore_unfinished: 'a start ends with it',
  revocation_list_broken: 'a restore ends with it',
  revocation_list_missing: 'a restore ends with it',
  master_key_missing: 'a start ends with it',
  master_key_wrong: 'a start ends with it',
  master_keys_unusable: 'a start ends with it',
  sso_refused: 'the callback sends a browser back with it',
  sso_not_a_member: 'the callback sends a browser back with it',
  one_time_code_wrong: 'the docs page is told it, which is no call',
  method_not_allowed: 'a path answers it that takes other methods, which no call is',
  headers_too_large: 'what is no request yet has no route',
  scanner_unavailable: 'a job is tried again with it, and a document fails with a code of its own',
  gone: 'a promise to clients that no call makes use of yet',
};

/** Errors that are thrown with a code in a variable, which a list or a type bounds: file and expression. */
const BOUNDED: Readonly<Record<string, string>> = {
  'server/src/platform/billing/providers/app-store/client.ts notSigned': 'its type lists them',
  'server/src/platform/billing/importing/rows.ts code': 'one of two that are written above it',
  'server/src/platform/operator/portal/sessions.ts error': 'its type lists the two',
  'server/src/server/framework.ts code': 'one of three that are written above it',
  'server/src/platform/ai/pipe/outcome.ts code': 'its type lists the codes of provider errors',
  'server/src/platform/ai/errors.ts this.code as ProviderErrorCode': 'the same error again',
  'server/src/platform/ai/endpoint/openai-errors.ts code': 'its type lists the codes of provider errors',
  'server/src/platform/people/identity/federation/firebase.ts code': 'one of two that are written above it',
  'server/src/platform/people/identity/federation/openid.ts codeOf(cause)': 'its type lists them',
  'products/memory/items/items.ts kind.notFound': 'its type lists them',
  'products/memory/items/items.ts REFUSALS.get(problem) ?? kind.notFound': 'its type lists them',
  'products/memory/items/items.ts notFound': 'its type lists them',
  'server/src/platform/people/identity/mail-sign-ins/mail-sign-ins.ts code': 'its type lists the two',
  'server/src/platform/people/identity/mfa/answer-challenge.ts outcome':
    'one of two that are written above it',
};

interface ThrownError {
  readonly place: string;
  readonly code: string;
  readonly expression: string | undefined;
}

/** Every code that a file makes an error of; an expression where it is not written out. */
function thrownIn(file: SourceFile): ThrownError[] {
  return file.nodes.flatMap(({ node }) => {
    const callee = node['callee'];
    const isError = isNode(callee) && /^(App|Provider)Error$/.test(String(callee['name']));
    if (node.type !== 'NewExpression' || !isError) return [];
    const given = node['arguments'];
    const first: unknown = Array.isArray(given) ? given[0] : undefined;
    return isNode(first) ? codesOf(file, first) : [];
  });
}

function codesOf(file: SourceFile, node: Node): ThrownError[] {
  const place = `${file.path}:${lineAt(file.text, node.start)}`;
  const { consequent, alternate } = node;
  if (node.type === 'ConditionalExpression' && isNode(consequent) && isNode(alternate)) {
    return [...codesOf(file, consequent), ...codesOf(file, alternate)];
  }
  const value = node['value'];
  if (typeof value === 'string') return [{ place, code: value, expression: undefined }];
  return [{ place, code: '', expression: `${file.path} ${file.text.slice(node.start, node.end)}` }];
}

function findUndeclared(all: readonly SourceFile[]): string[] {
  return all
    .flatMap(thrownIn)
    .filter(({ code, expression }) =>
      expression === undefined ? !declared.has(code) : !(expression in BOUNDED),
    )
    .map(({ place, code, expression }) => `${place} ${expression ?? code}`);
}

/** The names in every `declareErrors({ … })` of a file. */
function declarationsIn(file: SourceFile): string[] {
  return file.nodes.flatMap(({ node }) => {
    const callee = node['callee'];
    const isDeclaration =
      node.type === 'CallExpression' && isNode(callee) && callee['name'] === 'declareErrors';
    const given: unknown =
      isDeclaration && Array.isArray(node['arguments']) ? node['arguments'][0] : undefined;
    const properties = isNode(given) && Array.isArray(given['properties']) ? given['properties'] : [];
    return properties.flatMap((property: unknown) => {
      const key = isNode(property) ? property['key'] : undefined;
      return isNode(key) ? [String(key['name'] ?? key['value'])] : [];
    });
  });
}

describe('error codes', () => {
  test('every one that the program can make an error of is declared', () => {
    expect(files.flatMap(thrownIn).length).toBeGreaterThan(60);
    expect(findUndeclared(files)).toEqual([]);
  });

  test('every one whose code is a variable is still there, and bounded as it says', () => {
    const expressions = files.flatMap(thrownIn).map(({ expression }) => expression);
    expect(Object.keys(BOUNDED).filter((expression) => !expressions.includes(expression))).toEqual([]);
  });

  test('each is declared once, by one module', () => {
    const names = files.flatMap(declarationsIn);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect([...names].sort()).toEqual([...declared.keys()].sort());
  });

  test('docs/generated/errors.md lists each with its status and sentence, and no other', () => {
    const text = readGenerated('errors.md');
    const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
    const expected = [...declared].map(([code, { status, message }]) => [code, String(status), message]);
    expect(rows, 'docs/generated/errors.md is not made from the code: npm run generate').toEqual(expected);
  });

  test.each(Object.entries(PROMISED))('%s is %i, as clients were promised', (code, status) => {
    expect(declared.get(code)?.status).toBe(status);
  });

  test.each([...declared])(
    '%s is a stable word with a status of failure and a sentence',
    (code, { status, message }) => {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThanOrEqual(504);
      expect(message).toMatch(/^[A-Z].*\.$/);
    },
  );

  test('a failure of this server or of one that it asks does not say that nothing was changed', () => {
    const promised = [...declared].filter(
      ([, error]) => error.status >= 500 && /nothing was/i.test(error.message),
    );
    expect(promised.map(([code]) => code)).toEqual([]);
  });

  test('each is documented with a call that may answer it, or it says where else it is met', () => {
    const documented = new Set(allRoutes().flatMap(errorsOf));
    const nowhere = [...declared.keys()].filter((code) => !documented.has(code));
    expect(nowhere.sort()).toEqual(Object.keys(ELSEWHERE).sort());
  });
});

const findUndeclaredIn = (text: string) => findUndeclared([sourceFile('src/a.ts', text)]);

describe('an error without a declaration is noticed', () => {
  test.each([
    [`throw new AppError('no_such_code');`],
    [`throw new AppError(wrong ? 'not_found' : 'no_such_code');`],
    [`throw new ProviderError('no_such_code', { retryable: true });`],
    [`throw new AppError(reason);`],
  ])('%s', (text) => {
    expect(findUndeclaredIn(text)).not.toEqual([]);
  });

  test('and one with a declaration is let be', () => {
    expect(findUndeclaredIn(`throw new AppError(wrong ? 'not_found' : 'conflict');`)).toEqual([]);
  });
});
