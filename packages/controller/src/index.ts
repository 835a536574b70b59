/** Decisions about cluster metadata. */
export { Controller, type ControllerOptions } from './controller.ts';
export { defaultControllerConfig, type ControllerConfig } from './core/controller-config.ts';
