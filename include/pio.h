/* pio.h: x86 port I/O, for the rooms that talk to devices. */
#ifndef SIRLOIN_PIO_H
#define SIRLOIN_PIO_H

#include <stdint.h>

static inline uint8_t
pio_in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint16_t
pio_in16(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline uint32_t
pio_in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline void
pio_out8(uint16_t port, uint8_t v)
{

	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void
pio_out16(uint16_t port, uint16_t v)
{

	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void
pio_out32(uint16_t port, uint32_t v)
{

	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

#endif /* SIRLOIN_PIO_H */
