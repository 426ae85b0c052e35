// Reads every .msg file of a folder with Apache POI: properties, recipients, attachments, embedded
// messages; no body is decoded. Prints files read, files refused and seconds for each round.
//
// Usage: java -cp <poi jars> ReadAll.java FOLDER ROUNDS

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.poi.hsmf.MAPIMessage;
import org.apache.poi.hsmf.datatypes.AttachmentChunks;
import org.apache.poi.hsmf.datatypes.RecipientChunks;

public class ReadAll {
    public static void main(String[] arguments) throws Exception {
        List<byte[]> files = new ArrayList<>();
        try (var listing = Files.list(Path.of(arguments[0]))) {
            for (Path path : listing.filter(p -> p.toString().endsWith(".msg")).sorted().collect(Collectors.toList())) {
                files.add(Files.readAllBytes(path));
            }
        }
        int rounds = Integer.parseInt(arguments[1]);
        for (int round = 0; round < rounds; round++) {
            long began = System.nanoTime();
            int read = 0;
            int refused = 0;
            long seen = 0;
            for (byte[] bytes : files) {
                try (MAPIMessage message = new MAPIMessage(new ByteArrayInputStream(bytes))) {
                    seen += walk(message);
                    read++;
                } catch (Throwable fault) {
                    refused++;
                }
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            System.out.printf("poi round %d: %d read, %d refused, %d seen, %.4f s%n", round, read, refused, seen, seconds);
        }
    }

    private static long walk(MAPIMessage message) throws Exception {
        long seen = message.getMainChunks().getRawProperties().size() + message.getMainChunks().getAll().size();
        for (RecipientChunks recipient : message.getRecipientDetailsChunks()) {
            seen += recipient.getAll().length;
        }
        for (AttachmentChunks attachment : message.getAttachmentFiles()) {
            if (attachment.isEmbeddedMessage()) {
                seen += walk(attachment.getEmbeddedMessage());
            } else if (attachment.getEmbeddedAttachmentObject() != null) {
                seen += attachment.getEmbeddedAttachmentObject().length;
            }
        }
        return seen;
    }
}
