import { buffer } from 'node:stream/consumers';
import {
  type AccountId,
  type Answer,
  answer,
  AppError,
  commitPoint,
  type Once,
  type OnceInSteps,
  type ProductContext,
  storingRefusal,
  type Transaction,
} from 'plinth/product';
import type { Workspaces, WorkspaceRequest } from './service.ts';
import { changeWorkspace, readWorkspace } from './store.ts';

const CHANGE = commitPoint(
  'orbit.logo-change',
  'the logo of a workspace and its file, the former one forgotten',
);

export const LOGO_TYPES = ['image/png', 'image/jpeg'] as const;
export const LARGEST_LOGO = 2_000_000;

/** A file that is to be the logo. */
export interface NewLogo {
  readonly filename: string;
  readonly type: (typeof LOGO_TYPES)[number];
  readonly bytes: number;
  readonly sha256: string;
}

/** The first bytes of each type. */
const BEGINNINGS = [
  ['image/png', '89504e470d0a1a0a'],
  ['image/jpeg', 'ffd8ff'],
] as const;

/** The picture that a workspace's exports carry, by a plan that has it. */
export function createLogos({
  db,
  accounts,
  plan,
  blobs,
  workspaces,
}: ProductContext & { readonly workspaces: Workspaces }) {
  /** Throws `not_found`, `forbidden`. */
  async function authorizeAdmin(request: WorkspaceRequest): Promise<AccountId> {
    return (await accounts.authorizeMember(request, 'admin')).accountId;
  }

  /** Has the workspace show another logo, and forgets the file of the former one. */
  async function replaceIn(tx: Transaction, accountId: AccountId, blobId: string | null): Promise<void> {
    const [former] = await tx.run(readWorkspace(accountId));
    if ((former?.logo_blob_id ?? null) === blobId) return;
    await tx.run(changeWorkspace(accountId, undefined, { logo_blob_id: blobId }));
    if (former !== undefined && former.logo_blob_id !== null)
      await tx.runAll(blobs.forgetting(accountId, former.logo_blob_id));
  }

  return {
    async presign(
      request: WorkspaceRequest & { readonly onceInSteps: OnceInSteps },
      logo: NewLogo,
    ): Promise<Answer> {
      const accountId = await authorizeAdmin(request);
      await plan.assertGrants(accountId, 'own_logo');
      const createdBy = request.caller.userId;
      const run = async () => {
        const asked = { ...logo, accountId, gauge: 'storage', purpose: 'logo', createdBy };
        const { blobId, upload } = await blobs.presign(asked);
        return answer(201, { blob_id: blobId, upload });
      };
      return request.onceInSteps({ run, isOver: () => true }, { account: accountId });
    },
    /** Makes an uploaded file the logo. A file that is no picture is deleted, and the workspace then has no logo. */
    async complete(request: WorkspaceRequest & { readonly once: Once }, blobId: string): Promise<Answer> {
      const accountId = await authorizeAdmin(request);
      const { blob, storing } = await blobs.completing(accountId, blobId);
      if (blob.purpose !== 'logo') throw new AppError('logo_not_found');
      const organization = await accounts.organizations.get(request);
      const { headers } = await request
        .once(
          CHANGE,
          async (tx) => {
            await tx.runAll(storing);
            await workspaces.openIn(tx, organization);
            await replaceIn(tx, accountId, blobId);
            return answer(200, { id: blobId });
          },
          { account: accountId },
        )
        .catch((error: unknown) => {
          throw storingRefusal(error);
        });
      const bytes = await buffer(await blobs.open(accountId, blobId));
      if (!isPicture(bytes, blob.type)) {
        await db.tenant(accountId, CHANGE, (tx) => replaceIn(tx, accountId, null));
        throw new AppError('logo_unreadable');
      }
      return answer(200, { logo_blob_id: blobId }, headers);
    },
    async remove(request: WorkspaceRequest): Promise<void> {
      const accountId = await authorizeAdmin(request);
      await db.tenant(accountId, CHANGE, (tx) => replaceIn(tx, accountId, null));
    },
    /** A link to read it by. */
    async link(request: WorkspaceRequest) {
      const { workspace } = await workspaces.look(request);
      if (workspace === undefined || workspace.logo_blob_id === null) throw new AppError('logo_not_found');
      return blobs.download(workspace.account_id as AccountId, workspace.logo_blob_id);
    },
  };
}

function isPicture(bytes: Buffer, type: string): boolean {
  return BEGINNINGS.some(
    ([of, beginning]) => of === type && bytes.toString('hex', 0, beginning.length / 2) === beginning,
  );
}

export type Logos = ReturnType<typeof createLogos>;
