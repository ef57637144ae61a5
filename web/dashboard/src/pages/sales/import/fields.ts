/** What a column of a file can hold, under the names of the API, in the words of the pages. */
import { t } from '../../../i18n/index.svelte';

export interface ImportField {
  value: string;
  label: string;
}

export function productFields(): ImportField[] {
  return [
    { value: 'name', label: t('products.name') },
    { value: 'description', label: t('products.description') },
    { value: 'sku', label: t('products.sku') },
    { value: 'category', label: t('products.category') },
    { value: 'price', label: t('products.price') },
    { value: 'cost', label: t('products.cost') },
    { value: 'currency', label: t('deals.currency') },
    { value: 'ecommerce_product_id', label: t('import.shopProduct') },
    { value: 'is_active', label: t('products.active') },
  ];
}

export function orderFields(): ImportField[] {
  return [
    { value: 'order_number', label: t('orders.number') },
    { value: 'ecommerce_order_id', label: t('orders.shopNumber') },
    { value: 'order_date', label: t('orders.date') },
    { value: 'status', label: t('orders.status') },
    { value: 'currency', label: t('deals.currency') },
    { value: 'subtotal', label: t('orders.subtotal') },
    { value: 'tax', label: t('orders.tax') },
    { value: 'shipping', label: t('orders.shipping') },
    { value: 'discount', label: t('orders.discount') },
    { value: 'total', label: t('orders.total') },
    { value: 'client_name', label: t('import.clientName') },
    { value: 'client_email', label: t('import.clientEmail') },
    { value: 'client_phone', label: t('import.clientPhone') },
    { value: 'ecommerce_customer_id', label: t('import.shopClient') },
    { value: 'item_name', label: t('import.itemName') },
    { value: 'item_sku', label: t('import.itemSku') },
    { value: 'item_quantity', label: t('import.itemQuantity') },
    { value: 'item_unit_price', label: t('import.itemPrice') },
    { value: 'tracking_number', label: t('orders.trackingNumber') },
    { value: 'tracking_url', label: t('orders.trackingUrl') },
    { value: 'deal_id', label: t('import.dealId') },
  ];
}
