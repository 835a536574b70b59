/**
 * ApiVersions v0-4, answered from the handler table: only what is served is advertised (KIP-35, KIP-511, KIP-584). A
 * version that is not known gets the v0 body with UNSUPPORTED_VERSION and the range of ApiVersions itself.
 *
 * Produce is advertised from version 0 although 0-2 are refused, as Kafka does, because old librdkafka versions look at
 * the lower end. Up to v3 features with a minimum of 0 are left out, because old clients choke on them.
 */
import { ApiVersions, ErrorCode, Produce, type Api, type ResponseInputOf } from '@tidelog/protocol';
import { bind, handler, type BoundHandler, type VersionRange } from './handler.ts';

export interface FeatureRange {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What ApiVersions says about features; read anew for each response. */
export interface AdvertisedFeatures {
  readonly supported: readonly FeatureRange[];
  readonly finalized: readonly FeatureRange[];
  /** The metadata offset they were read at; -1 when not known yet. */
  readonly finalizedEpoch: number;
}

export interface Advertisement {
  readonly handlers: readonly BoundHandler[];
  readonly features: () => AdvertisedFeatures;
  /** Narrows what is advertised (forwarded APIs meet the controller's range); undefined leaves the API out. */
  readonly advertise: (api: Api, versions: VersionRange) => VersionRange | undefined;
}

/** Handlers with their own ApiVersions in front. */
export function withApiVersions(advertisement: Advertisement): readonly BoundHandler[] {
  const all: BoundHandler[] = [...advertisement.handlers];
  all.unshift(bind(apiVersions, { ...advertisement, handlers: all }));
  return all;
}

/** What answers an ApiVersions request of a version that nobody knows; its body is v0. */
export function unsupportedApiVersions(): ResponseInputOf<typeof ApiVersions> {
  const { min, max } = ApiVersions.versions;
  return {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: ApiVersions.key, minVersion: min, maxVersion: max }],
  };
}

const apiVersions = handler(ApiVersions, [0, 4], (deps: Advertisement, request, context) => {
  const { apiVersion } = context;
  if (apiVersion >= 3 && !(isName(request.clientSoftwareName) && isName(request.clientSoftwareVersion))) {
    return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
  }
  const { supported, finalized, finalizedEpoch } = deps.features();
  return {
    errorCode: ErrorCode.NONE,
    apiKeys: advertisedApis(deps),
    supportedFeatures: supported.filter((feature) => apiVersion > 3 || feature.minVersion > 0),
    finalizedFeaturesEpoch: finalizedEpoch,
    finalizedFeatures: finalized.map(({ name, minVersion, maxVersion }) => ({
      name,
      minVersionLevel: minVersion,
      maxVersionLevel: maxVersion,
    })),
  };
});

function advertisedApis({ handlers, advertise }: Advertisement) {
  const out: { apiKey: number; minVersion: number; maxVersion: number }[] = [];
  for (const { api, versions } of handlers) {
    const range = advertise(api, versions);
    if (range === undefined) continue;
    out.push({ apiKey: api.key, minVersion: api.key === Produce.key ? 0 : range[0], maxVersion: range[1] });
  }
  return out.sort((a, b) => a.apiKey - b.apiKey);
}

/** Letters, digits, dots and hyphens, beginning and ending with a letter or digit. */
function isName(text: string): boolean {
  return /^[a-zA-Z0-9.-]+$/.test(text) && !/^[.-]|[.-]$/.test(text);
}
