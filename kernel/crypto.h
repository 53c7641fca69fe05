/*
 * crypto.h: the two primitives of random.c.
 */
#ifndef KERNEL_CRYPTO_H
#define KERNEL_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ChaCha20 block function, RFC 8439 section 2.3. */
void	crypto_chacha20(uint8_t out[64], const uint32_t key[8],
	    const uint32_t ctr_nonce[4]);

/* BLAKE2s with a digest of 32 bytes and no key, RFC 7693. */
struct crypto_blake2s {
	uint32_t	h[8];
	uint64_t	count;
	uint32_t	nbuf;
	uint8_t		buf[64];
};
void	crypto_blake2s_init(struct crypto_blake2s *);
void	crypto_blake2s_add(struct crypto_blake2s *, const void *, size_t);
void	crypto_blake2s_end(struct crypto_blake2s *, uint8_t digest[32]);

#endif /* KERNEL_CRYPTO_H */
