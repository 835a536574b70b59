import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string } from '../schema/field.ts';

/** Describes the configuration of topics, brokers, groups and client metrics. */
// v1  synonyms and the source of a value (KIP-226)
// v3  type and documentation (KIP-569)
// v4  flexible encoding
export const DescribeConfigs = api('DescribeConfigs', {
  key: 32,
  versions: [1, 4],
  flexibleSince: 4,

  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: true }),
    }),
    includeSynonyms: boolean({ default: false }),
    includeDocumentation: boolean({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: true }),
        readOnly: boolean(),
        configSource: int8({ default: -1 }),
        isSensitive: boolean(),
        synonyms: array({
          name: string(),
          value: string({ nullable: true }),
          source: int8(),
        }),
        configType: int8({ since: 3, default: 0 }),
        documentation: string({ since: 3, nullable: true }),
      }),
    }),
  },
});
