import { DEFAULT_MAX_BODY } from '#platform/http';
import { dereference } from '@plinth/testkit/openapi';
import type { OpenApi, Schema } from '../rules/rule.ts';

/** A call as the document tells of it to those who have nothing else. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  /** With `{id}` where parameters go. */
  readonly path: string;
  readonly isAdmin: boolean;
  /** Keys can't call it. */
  readonly isForSessions: boolean;
  readonly needsKey: boolean;
  readonly maxBody: number;
  readonly query: readonly { readonly name: string; readonly schema: Schema }[];
  readonly body: { readonly schema: Schema; readonly example: unknown } | undefined;
  /** The body is a form. */
  readonly isForm: boolean;
}

interface OpenApiOperation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: Schema; readonly example: unknown } | undefined>
    >;
  };
  readonly 'x-plinth': {
    readonly auth: string;
    readonly scope?: string;
    readonly idempotency: string;
    readonly max_body?: number;
  };
}

/** All calls of a document. */
export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(dereference(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => {
      const { parameters, requestBody, 'x-plinth': notes } = one as unknown as OpenApiOperation;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        isAdmin: notes.auth === 'admin',
        isForSessions: notes.scope === 'session',
        needsKey: notes.idempotency === 'required',
        maxBody: notes.max_body ?? DEFAULT_MAX_BODY,
        query: parameters.filter((parameter) => parameter.in === 'query'),
        body: requestBody?.content['application/json'],
        isForm: requestBody?.content['multipart/form-data'] !== undefined,
      };
    }),
  );
}
