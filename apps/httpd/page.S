/* page.S: the status page, as it is in status.html. */
	.section .rodata.status_page, "a"
	.globl	status_page, status_page_end
status_page:
	.incbin	"apps/httpd/status.html"
status_page_end:
	.byte	0
	.section .note.GNU-stack, "", @progbits
