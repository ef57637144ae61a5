/** What the server says about deals, orders and products, under the names that the pages use. */
import type { components } from '$shared/api/schema';

type Schemas = components['schemas'];
export type Deal = Schemas['Deal'];
export type DealPatch = Schemas['DealPatch'];
export type NewDeal = Schemas['NewDeal'];
export type DealMove = Schemas['DealMove'];
export type DealBoard = Schemas['DealBoard'];
export type DealColumn = Schemas['DealColumn'];
export type DealsTotal = Schemas['DealsTotal'];
export type DealProduct = Schemas['DealProduct'];
export type DealHistoryEntry = Schemas['DealHistoryEntry'];
export type Pipeline = Schemas['Pipeline'];
export type PipelineStage = Schemas['PipelineStage'];
export type StageInput = Schemas['StageInput'];
export type Product = Schemas['Product'];
export type ProductInput = Schemas['ProductInput'];
export type Order = Schemas['Order'];
export type OrderInput = Schemas['OrderInput'];
export type OrderItem = Schemas['OrderItem'];
export type SheetInput = Schemas['SheetInput'];
export type SalesImport = Schemas['SalesImport'];

/** Values of a list's query as the address has them: the names are those of the API. */
export type Filter = Record<string, string>;
