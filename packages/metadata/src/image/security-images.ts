/**
 * ACLs, SCRAM credentials and delegation tokens at one point of the metadata log.
 */
import type { Uuid } from '@tidelog/core';
import { PersistentMap } from '../persistent-map.ts';

export interface AclImage {
  readonly id: Uuid;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface ScramCredentialImage {
  readonly name: string;
  readonly mechanism: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

export interface DelegationTokenImage {
  readonly tokenId: string;
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestamp: number;
  readonly maxTimestamp: number;
  readonly expirationTimestamp: number;
}

/** A credential's key in the image. */
export function scramKey(mechanism: number, name: string): string {
  return `${mechanism}:${name}`;
}

export class ScramImage {
  static readonly empty = new ScramImage(PersistentMap.empty());

  /** By scramKey. */
  readonly credentials: PersistentMap<string, ScramCredentialImage>;

  constructor(credentials: PersistentMap<string, ScramCredentialImage>) {
    this.credentials = credentials;
  }

  get(mechanism: number, name: string): ScramCredentialImage | undefined {
    return this.credentials.get(scramKey(mechanism, name));
  }
}
